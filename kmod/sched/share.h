/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shares by weight over several cores: what vCPUs have had, compared between cores.
 * Side: core.
 */
#ifndef PVHV_SCHED_SHARE_H
#define PVHV_SCHED_SHARE_H

#include "policy.h"

/* v wants to run with this weight from now on; 0: no more. */
void share_count(struct pcore *c, struct vcpu *v, u32 weight, u64 now);
/* v ran for d ticks. */
void share_charge(struct pcore *c, struct vcpu *v, u64 d, u64 now);
/* Once in a balance interval: compares with the other cores, and forgets.  alone: nobody waits here. */
void share_look(struct pcore *c, bool alone, u64 now);
/* What it is worth that v, which wants to run, goes from c to another core; 0 or less: nothing. */
s64 share_gain(const struct pcore *c, const struct vcpu *v, const struct pcore *to, u64 now);

#endif /* PVHV_SCHED_SHARE_H */
