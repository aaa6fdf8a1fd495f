/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How fast the TSC really counts.
 * Side: host.
 */
#ifndef PVHV_TSCRATE_H
#define PVHV_TSCRATE_H

#include <linux/types.h>

/* kHz.  Sleeps for TSCRATE_MS. */
u64 tscrate_khz(void);

#endif /* PVHV_TSCRATE_H */
