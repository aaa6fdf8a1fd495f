/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which vCPU a core runs, when its timer rings, and which core a vCPU is on.
 * Side: core.
 *
 * The policy (sched_ops) orders the vCPUs of one core that want to run; all else is
 * the same for all policies. A decision costs the same however many
 * vCPUs a core has, but for the heaps' O(log n).
 */
#ifndef PVHV_SCHED_H
#define PVHV_SCHED_H

#include "domain.h"

/* At the start of a core. */
void sched_init(struct pcore *c);

/* v comes to this core, whose number the host wrote into vcpu.core before. */
void sched_add(struct pcore *c, struct vcpu *v);
/* v leaves; its state stays as it is.  -EAGAIN: it is not here (any more). */
long sched_remove(struct pcore *c, struct vcpu *v);
/*
 * Hands all vCPUs to other cores, after the host has closed this one.  The number of those that no other core may
 * run; all: wherever they are pinned.  -EAGAIN: some are still on their way here, so none went.
 */
s64 sched_leave(struct pcore *c, bool all);

/* Takes in what others put on the wake list, and answers idle cores. */
void sched_scan(struct pcore *c);
/* The vCPU to run now, with its stay begun; NULL = none is ready. */
struct vcpu *sched_pick(struct pcore *c);
/* The end of v's stay in the registers of the core: it blocked, or something waits for the core. */
void sched_stop(struct pcore *c, struct vcpu *v);
/* The timer interrupt. */
void sched_tick(struct pcore *c);
/* Around the sleep of a core that has nothing to run.  false: there is something, do not sleep. */
bool sched_idle_begin(struct pcore *c);
void sched_idle_end(struct pcore *c);

/* The hypercalls of the vCPU that runs. */
void sched_block(struct pcore *c, struct vcpu *v);
void sched_poll(struct pcore *c, struct vcpu *v, unsigned int port);
void sched_yield(struct pcore *c, struct vcpu *v);
void sched_down(struct pcore *c, struct vcpu *v);
void sched_set_timer(struct pcore *c, struct vcpu *v, u64 deadline);

#endif /* PVHV_SCHED_H */
