/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which vCPU a core runs, and when its timer rings.
 * Side: core.
 */
#ifndef PVHV_SCHED_H
#define PVHV_SCHED_H

#include "domain.h"

/* The core's list of vCPUs. */
void sched_add(struct pcore *c, struct vcpu *v);
void sched_remove(struct pcore *c, struct vcpu *v);
/* Takes in wake-ups and timers that came due, forgets vCPUs of ended domains' turns. */
void sched_scan(struct pcore *c);
/* The vCPU to run now, with its slice started; NULL = none is ready. */
struct vcpu *sched_pick(struct pcore *c);
/* The timer interrupt. */
void sched_tick(struct pcore *c);
/* v sleeps until an event is pending (at once if one is). */
void sched_block(struct pcore *c, struct vcpu *v);
/* Sets the APIC timer to the earliest of slice end and vCPU timers. */
void sched_arm(struct pcore *c);

#endif /* PVHV_SCHED_H */
