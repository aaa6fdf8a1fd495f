/* SPDX-License-Identifier: GPL-2.0 */
/* Side: user space. */
#ifndef TEST_LINUX_TIME64_H
#define TEST_LINUX_TIME64_H

#define NSEC_PER_SEC	1000000000ULL

#endif
