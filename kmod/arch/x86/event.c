// SPDX-License-Identifier: GPL-2.0
/*
 * Making events pending for a vCPU, from a core.
 * Side: core.
 */
#include "event.h"
#include "apic.h"
#include "gate.h"
#include "log.h"
#include "sched/wake.h"

bool event_pending(const struct vcpu *v)
{
	const volatile u64 *pending = v->page->pending, *mask = v->page->mask;
	int i;

	for (i = 0; i < PVHV_NR_PORTS / 64; i++)
		if (pending[i] & ~mask[i])
			return true;
	return false;
}

void event_wake(struct vcpu *v, u32 why)
{
	/* wherever v goes meanwhile: who finds it on its list passes it on */
	struct pcore *c = __atomic_load_n(&v->core, __ATOMIC_ACQUIRE);

	wake_mark(c, v, why);
	__atomic_store_n(&c->doorbell, 1, __ATOMIC_SEQ_CST);
	if (c != this_core())
		apic_send(c->apicid, PCORE_VECTOR);
}

void event_send(struct vcpu *v, unsigned int port)
{
	u64 bit = 1ULL << (port & 63);

	__atomic_fetch_or(&v->page->pending[port / 64], bit, __ATOMIC_SEQ_CST);
	if (!wake_wanted(v, port))
		return;
	__atomic_store_n(&v->page->upcall_pending, 1, __ATOMIC_SEQ_CST);
	/* itself: it looks before it goes back to the guest */
	if (this_core()->current_vcpu != v)
		event_wake(v, VCPU_WAKE_EVENT);
}

void event_notify_host(struct pcore *c, struct domain *d, unsigned int port)
{
	u64 bit = 1ULL << (port & 63), old;

	/* pairs with the host's fetch_and in ports_take; what it has not taken it knows of */
	old = __atomic_fetch_or(&d->notify[port / 64], bit, __ATOMIC_SEQ_CST);
	if (!(old & bit))
		core_ring_host(c);
}
