/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-core copies of guest L4 tables: what CR3 holds while a guest runs.
 * Side: core.
 */
#ifndef PVHV_ROOTS_H
#define PVHV_ROOTS_H

#include "domain.h"

/*
 * Makes sure that this core has a copy of v->root and returns the CR3 value.
 * Never fails: v->root is a validated L4 with a reference.
 */
u64 roots_load(struct pcore *c, struct vcpu *v);
/* The same just before the guest is entered; from then on (in_guest is set) no other core takes the copy away. */
u64 roots_enter(struct pcore *c, struct vcpu *v);
/* Follows a switch that the guest made in the gate: CR3 says which copy was loaded at the exit. */
void roots_sync(struct pcore *c, struct vcpu *v);
/* A changed L4 entry goes to all cached copies, on all cores. */
void roots_update(struct domain *d, mfn_t l4, unsigned int idx, u64 val);
/* Drops the cached copies of l4 that no vCPU has loaded, on all cores. */
void roots_evict(struct domain *d, mfn_t l4);
/* Drops all cached copies of a domain's (NULL: all domains') roots on this core; none of their vCPUs is current here. */
void roots_forget(struct pcore *c, struct domain *d);
/* Gate's table of roots for the current vCPU's domain. */
void roots_publish(struct pcore *c, struct vcpu *v);

#endif /* PVHV_ROOTS_H */
