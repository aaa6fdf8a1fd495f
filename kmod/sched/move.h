/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which core a vCPU is on.
 * Side: core.
 */
#ifndef PVHV_SCHED_MOVE_H
#define PVHV_SCHED_MOVE_H

#include "policy.h"

/* Where v, which wants to run, goes from c; NULL: it stays. */
struct pcore *move_target(struct pcore *c, struct vcpu *v, enum sched_why why);
/* v, not running, goes to another core.  false: that one takes none any more, v stays. */
bool sched_hand(struct pcore *c, struct vcpu *v, struct pcore *to);
/* Has work for idle cores that ask, and for less loaded ones. */
void move_serve(struct pcore *c, u64 now);
/* Looks at the others, if it is time.  true: some that wait here may go, so move_serve() is to be called. */
bool move_wanted(struct pcore *c, u64 now);
/* The core goes to sleep for lack of work: asks the others; or is awake again. */
void move_idle(struct pcore *c, bool idle);
/* Makes a core look at its wake list. */
void move_ring(struct pcore *c);

/* sched.c, for move.c: v leaves this core's lists. */
void sched_detach(struct pcore *c, struct vcpu *v, u64 now);

#endif /* PVHV_SCHED_MOVE_H */
