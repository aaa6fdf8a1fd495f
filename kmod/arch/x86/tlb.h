/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLB flushes of a domain on other cores.
 * Side: core.
 */
#ifndef PVHV_TLB_H
#define PVHV_TLB_H

#include "domain.h"

/*
 * On return no core holds a TLB entry of d made before the call.  Each entry
 * into a guest loads CR3, which drops all (G is never set, no PCID), so only
 * cores that are in a guest of d right now need an interrupt.
 */
void tlb_flush_domain(struct domain *d);
/* The same for one core and the vCPUs in mask: it has left the guest when this returns. */
struct pcore;
void tlb_kick(struct pcore *c, struct domain *d, u64 mask);
/* The same for the vCPUs in mask, on all other cores. */
void tlb_flush_vcpus(struct domain *d, u64 mask);

#endif /* PVHV_TLB_H */
