/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Delivery of exceptions and events into a guest from C.
 * Side: core.  The vCPU is current on this core; its registers are in v->regs.
 */
#ifndef PVHV_INJECT_H
#define PVHV_INJECT_H

#include "domain.h"

#define INJECT_NO_ERROR	(~0ULL)

/* Delivers an exception to the guest's handler; #DF, then the end of the domain, if that cannot be done. */
void inject_trap(struct vcpu *v, unsigned int vector, u64 error);
/* Delivers an upcall if an event is pending and the virtual IF allows it. */
void inject_upcall(struct vcpu *v);
/* In ring 3 (or about to be)? */
static inline bool vcpu_in_user(const struct vcpu *v)
{
	return (v->regs.cs & 3) == 3;
}

#endif /* PVHV_INJECT_H */
