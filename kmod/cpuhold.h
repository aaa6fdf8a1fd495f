/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A core that is in use is not given back.
 * Side: host.
 */
#ifndef PVHV_CPUHOLD_H
#define PVHV_CPUHOLD_H

#include <linux/types.h>

struct hostcore;
struct pcore;

/*
 * The running core with the fewest vCPUs and holds, of those in a mask of Linux CPU
 * numbers (0 = any); NULL: none.
 */
struct pcore *core_pick(u64 cpu_mask);
/* The caller has commands for this core, or brings it a vCPU: it is not given back until core_release.  -ENODEV: it is gone. */
int core_hold(struct pcore *c);
void core_release(struct pcore *c);

/* For cpu.c.  It runs, stays, and is one of the mask. */
bool core_usable(const struct pcore *c, u64 mask);
/* From now on it cannot be held, if nobody holds it: true. */
bool core_hold_none(struct hostcore *hc);
void core_hold_again(struct hostcore *hc);

#endif /* PVHV_CPUHOLD_H */
