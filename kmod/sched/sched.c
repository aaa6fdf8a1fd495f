// SPDX-License-Identifier: GPL-2.0
/*
 * Which vCPU a core runs: round robin over the ready ones of its list.
 * Side: core.  The list is the core's own; others only set vcpu.wake and
 * pcore.doorbell.
 */
#include "sched.h"
#include "arch/x86/apic.h"
#include "arch/x86/asm.h"
#include "arch/x86/core.h"
#include "arch/x86/event.h"

#define SCHED_SLICE_MS	10
/* the heartbeat goes on in idle and in long runs of one guest */
#define SCHED_BEAT_MS	250
/* a shorter timer than this would let a guest live in the timer interrupt */
#define SCHED_TIMER_MIN_US 50

void sched_add(struct pcore *c, struct vcpu *v)
{
	struct vcpu **p = &c->runq;

	while (*p)
		p = &(*p)->next;
	v->next = NULL;
	v->stamp = rdtsc_ordered_();
	*p = v;
	c->nr_vcpus++;
}

void sched_remove(struct pcore *c, struct vcpu *v)
{
	struct vcpu **p = &c->runq;

	while (*p && *p != v)
		p = &(*p)->next;
	if (!*p)
		return;
	*p = v->next;
	v->next = NULL;
	c->nr_vcpus--;
}

static void sched_account(struct vcpu *v, u64 now)
{
	u64 d = now - v->stamp;

	v->stamp = now;
	if (v->state == VCPU_READY) {
		v->ready_tsc += d;
		v->page->steal_ns = v->ready_tsc / (hv.tsc_khz / 1000 ? : 1) * 1000;
	} else if (v->state == VCPU_BLOCKED) {
		v->blocked_tsc += d;
	}
}

static void sched_scan_one(struct vcpu *v, u64 now)
{
	u32 wake = __atomic_exchange_n(&v->wake, 0, __ATOMIC_SEQ_CST);

	if (v->timer <= now) {
		v->timer = ~0ULL;
		__atomic_fetch_or(&v->page->pending[0], 1ULL << PVHV_PORT_TIMER, __ATOMIC_SEQ_CST);
		if (!(v->page->mask[0] & 1ULL << PVHV_PORT_TIMER))
			v->page->upcall_pending = 1;
		wake |= VCPU_WAKE_EVENT;
	}
	if (v->state == VCPU_DOWN && wake & VCPU_WAKE_UP) {
		v->state = VCPU_READY;
	} else if (v->state == VCPU_BLOCKED && event_pending(v)) {
		/* what is pending counts, whoever was to tell of it */
		v->page->upcall_pending = 1;
		sched_account(v, now);
		v->state = VCPU_READY;
	}
}

void sched_scan(struct pcore *c)
{
	u64 now = rdtsc_ordered_();
	struct vcpu *v;

	for (v = c->runq; v; v = v->next)
		sched_scan_one(v, now);
}

static bool sched_runnable(const struct vcpu *v)
{
	return v->state == VCPU_READY &&
	       __atomic_load_n(&v->dom->state, __ATOMIC_ACQUIRE) == PVHV_DOM_ST_RUNNING;
}

struct vcpu *sched_pick(struct pcore *c)
{
	struct vcpu *v;
	u64 now;

	for (v = c->runq; v && !sched_runnable(v); v = v->next)
		;
	if (!v)
		return NULL;
	/* its next turn comes after all others' */
	sched_remove(c, v);
	now = rdtsc_ordered_();
	sched_account(v, now);
	sched_add(c, v);
	c->need_resched = 0;
	c->slice_end = now + SCHED_SLICE_MS * hv.tsc_khz;
	sched_arm(c);
	return v;
}

void sched_arm(struct pcore *c)
{
	u64 now = rdtsc_ordered_(), min = now + SCHED_TIMER_MIN_US * (hv.tsc_khz / 1000);
	u64 next = now + SCHED_BEAT_MS * hv.tsc_khz;
	struct vcpu *v;

	if (c->slice_end > now && c->slice_end < next && c->nr_vcpus > 1)
		next = c->slice_end;
	for (v = c->runq; v; v = v->next)
		if (v->timer < next)
			next = v->timer;
	apic_timer(c, next < min ? min : next);
}

void sched_tick(struct pcore *c)
{
	u64 now = rdtsc_ordered_();

	c->timer_armed = ~0ULL;
	core_beat(c);
	sched_scan(c);
	if (now >= c->slice_end)
		c->need_resched = 1;
	sched_arm(c);
}

void sched_block(struct pcore *c, struct vcpu *v)
{
	if (event_pending(v)) {
		v->page->upcall_pending = 1;
		return;
	}
	v->state = VCPU_BLOCKED;
	v->stamp = rdtsc_ordered_();
	c->need_resched = 1;
}
