/* SPDX-License-Identifier: GPL-2.0 */
/* The length of an array. */
#ifndef PVHV_LIB_ARRAY_H
#define PVHV_LIB_ARRAY_H

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif
