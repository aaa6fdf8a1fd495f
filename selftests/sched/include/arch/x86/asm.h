/* SPDX-License-Identifier: GPL-2.0 */
/* The fake arch layer: time is a number that fake.c moves. */
#ifndef SELFTESTS_SCHED_ASM_H
#define SELFTESTS_SCHED_ASM_H

#include <linux/types.h>

u64 rdtsc_ordered_(void);

#endif
