// SPDX-License-Identifier: GPL-2.0
/*
 * TLB flushes of a domain on other cores: make them leave the guest.
 * Side: core.  Callable with mm_lock held: a core that waits for mm_lock is
 * in the hypervisor, thus not in_guest, and nobody waits for it.
 */
#include "tlb.h"
#include "apic.h"
#include "asm.h"
#include "gate.h"
#include "lockorder.h"

static bool tlb_core_runs(struct pcore *c, struct domain *d, u64 mask)
{
	struct vcpu *v;

	if (!__atomic_load_n(&c->in_guest, __ATOMIC_ACQUIRE))
		return false;
	v = __atomic_load_n(&c->current_vcpu, __ATOMIC_RELAXED);
	return v && v->dom == d && (mask >> v->id & 1);
}

void tlb_kick(struct pcore *c, struct domain *d, u64 mask)
{
	u64 exits = __atomic_load_n(&c->exits, __ATOMIC_RELAXED);

	core_waits_for_exit();
	if (!tlb_core_runs(c, d, mask))
		return;
	apic_send(c->apicid, PCORE_VECTOR);
	while (__atomic_load_n(&c->exits, __ATOMIC_ACQUIRE) == exits && tlb_core_runs(c, d, mask))
		cpu_pause();
}

void tlb_flush_vcpus(struct domain *d, u64 mask)
{
	struct pcore *self = this_core();
	unsigned int i;

	/* the page-table stores before this call are seen by whoever enters after it; pairs with vcpu_run */
	cpu_barrier();
	for (i = 0; i < HV_MAX_CORES; i++) {
		struct pcore *c = hv.cores[i];

		if (c && c != self)
			tlb_kick(c, d, mask);
	}
}

void tlb_flush_domain(struct domain *d)
{
	tlb_flush_vcpus(d, ~0ULL);
}
