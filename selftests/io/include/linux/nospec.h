/* SPDX-License-Identifier: GPL-2.0 */
/* Bounds are checked by the code under test; the clamp only binds speculation.  Side: user space. */
#ifndef TEST_LINUX_NOSPEC_H
#define TEST_LINUX_NOSPEC_H

#define array_index_nospec(i, n)	(i)

#endif
