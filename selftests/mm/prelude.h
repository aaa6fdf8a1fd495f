/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included before all files: what the core-side code has otherwise in a program.
 */
#include <sched.h>

extern int fake_slice;
#define CORELOCK_RELAX()	sched_yield()
