/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Telling a vCPU's core to look at it, from any core or the host.
 * Side: both.
 *
 * A vCPU that is to be looked at lies on the wake list of its core, a stack
 * that anybody pushes to and the core takes as a whole. VCPU_WAKE_QUEUED says
 * that it is on a list or about to be pushed: only who sets it pushes, only a
 * core that took it from a list clears it, so the link is used once at a time.
 *
 * No wake-up is lost:
 *  raiser: sets the pending bit; sets bits in vcpu.wake; if it was not QUEUED:
 *          pushes; then sets doorbell; then sends the interrupt.
 *  core:   clears doorbell; takes the list; clears vcpu.wake; looks at pending.
 * All of these are atomic read-modify-writes or sequentially consistent.
 *  - Raiser finds QUEUED: its bits in vcpu.wake come before the core's clearing of
 *    it (else it had not found QUEUED), so its pending bit is seen by the look behind that.
 *    Whoever set QUEUED pushes and rings after it.
 *  - Raiser pushes before the core takes the list: seen now. After: doorbell is set
 *    after it was cleared, so the core does not enter a guest or sleep
 *    (both look at doorbell with interrupts off, and an interrupt that
 *    arrives after that look ends the guest's run or the sleep: it stays pending in the APIC).
 *  - The vCPU is about to block while the raiser is at work: the core looked at the list
 *    before the vCPU ran, the push comes after that, see above. If the push came
 *    before, then so did the pending bit, and sched_block() sees it.
 *  - The port is masked: the raiser goes without a wake-up; the guest
 *    unmasks, then looks at pending itself (full barriers on both sides).
 *    SCHED_POLL: the vCPU writes poll, then looks; the raiser sets pending, then reads poll.
 *  - The vCPU moved: a core that finds a foreign vCPU on its list pushes it to
 *    vcpu.core's, QUEUED all the time. A core that is given back takes its list a
 *    last time after nobody can find it any more (cpu.c).
 *  - The vCPU is on no core (paused): QUEUED is cleared, the other bits stay; VCPU_ADD looks at them and at pending.
 *  - The vCPU is on its way: vcpu.core names the new core before ARRIVED is set, so that one may find it on its
 *    list too early. It then clears QUEUED as above, by a compare-and-exchange that fails if ARRIVED has come:
 *    either it takes the vCPU in now, or who hands over finds QUEUED clear and pushes. Its arrival looks at all bits.
 */
#ifndef PVHV_SCHED_WAKE_H
#define PVHV_SCHED_WAKE_H

#include "domain.h"

/* bits of vcpu.wake */
#define VCPU_WAKE_EVENT		1	/* an event became pending */
#define VCPU_WAKE_UP		2	/* VCPU_OP_UP */
#define VCPU_WAKE_ARRIVED	4	/* another core has handed it over */
#define VCPU_WAKE_LOOK		8	/* its parameters changed: decide anew */
#define VCPU_WAKE_QUEUED	0x80000000U

static inline void wake_push(struct pcore *c, struct vcpu *v)
{
	struct vcpu *old = __atomic_load_n(&c->sched.wake_list, __ATOMIC_RELAXED);

	do {
		v->sched.wake_next = old;
	} while (!__atomic_compare_exchange_n(&c->sched.wake_list, &old, v, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
}

/* Sets bits of vcpu.wake; v lies on the wake list of c on return, or soon.  The caller rings c. */
static inline void wake_mark(struct pcore *c, struct vcpu *v, u32 why)
{
	u32 old = __atomic_fetch_or(&v->wake, why | VCPU_WAKE_QUEUED, __ATOMIC_SEQ_CST);

	if (!(old & VCPU_WAKE_QUEUED))
		wake_push(c, v);
}

/*
 * Sets the pending bit of a port of the domain. The vCPU that it was set for; asked again with that one as had: NULL,
 * or the port was bound to another one meanwhile, and now that has the bit. Who binds a port to another vCPU then looks at what is
 * pending for the old one; without the second look here the bit may come after that, for a vCPU that is down.
 */
static inline struct vcpu *wake_post(struct domain *d, unsigned int port, struct vcpu *had)
{
	u32 n = __atomic_load_n(&d->port_vcpu[port], __ATOMIC_SEQ_CST);
	struct vcpu *v = d->vcpu[n < d->nr_vcpus ? n : 0];

	if (v == had)
		return NULL;
	__atomic_fetch_or(&v->page->pending[port / 64], 1ULL << (port & 63), __ATOMIC_SEQ_CST);
	return v;
}

/* After the pending bit was set: is v to be told of port? */
static inline bool wake_wanted(const struct vcpu *v, unsigned int port)
{
	const volatile u64 *mask = v->page->mask;

	return !(mask[port / 64] >> (port & 63) & 1) ||
	       __atomic_load_n(&v->sched.poll, __ATOMIC_SEQ_CST) == port + 1;
}

#endif /* PVHV_SCHED_WAKE_H */
