/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done about each reason to leave a guest.
 * Side: core.
 */
#ifndef PVHV_TRAPS_H
#define PVHV_TRAPS_H

#include "domain.h"

/* After an exit; v->regs is the guest's state, regs.vector the reason. */
void trap_handle(struct pcore *c, struct vcpu *v);
/* A trap in ring 0, from gate_ring0: an interrupt while idle, or our bug. */
void hv_trap(struct regs *r);

#endif /* PVHV_TRAPS_H */
