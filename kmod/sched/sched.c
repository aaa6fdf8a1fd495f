// SPDX-License-Identifier: GPL-2.0
/*
 * The part of scheduling that is the same for all policies: states and their
 * accounts, wake-ups, timers, slices.
 * Side: core.  Everything here is the core's own; what others do to it they
 * do by wake lists (wake.h) and requests (move.c).
 *
 * A vCPU that wants to run is the core's current one, or in the policy's queue, or
 * parked because its domain has used up its cap, or its domain has ended.
 */
#include <linux/errno.h>
#include "sched.h"
#include "cap.h"
#include "move.h"
#include "policy.h"
#include "share.h"
#include "wake.h"
#include "arch/x86/apic.h"
#include "arch/x86/asm.h"
#include "arch/x86/event.h"
#include "arch/x86/vcpu.h"

/* the heartbeat goes on in idle and in long runs of one guest */
#define SCHED_BEAT_US	250000
/* A guest's timer rings no earlier than this, and a core's no more often: nobody lives in the interrupt. */
#define SCHED_TIMER_MIN_US 50
#define SCHED_TIMER_MAX	(1ULL << 62)	/* keys are compared by difference */

static const struct sched_ops *const policies[SCHED_NR_POLICIES] = {
	[SCHED_POLICY_BVT] = &sched_bvt,
	[SCHED_POLICY_RR] = &sched_rr,
};

static const struct sched_ops *sched_ops(void)
{
	return policies[hv.sched_policy];
}

static bool sched_runnable(const struct vcpu *v)
{
	return v->state == VCPU_READY &&
	       __atomic_load_n(&v->dom->state, __ATOMIC_ACQUIRE) == PVHV_DOM_ST_RUNNING;
}

/* --- states and accounts --- */

static void sched_count(struct pcore *c, struct vcpu *v, bool wants, u64 now)
{
	share_count(c, v, wants ? sched_ops()->weight(v) : 0, now);
}

static void sched_charge(struct pcore *c, struct vcpu *v, u64 d, u64 now)
{
	v->run_tsc += d;
	c->run_tsc += d;
	v->sched.ran += d;
	cap_charge(v->dom, d);
	share_charge(c, v, d, now);
	sched_ops()->charge(c, v, d, now);
}

/* The time since the last change goes to the account of the state that ends. */
static void sched_state(struct pcore *c, struct vcpu *v, u32 state, u64 now)
{
	u64 d = (s64)(now - v->stamp) > 0 ? now - v->stamp : 0;

	if (v->state == VCPU_RUNNING)
		sched_charge(c, v, d, now);
	else if (v->state == VCPU_READY)
		v->ready_tsc += d;
	else if (v->state == VCPU_BLOCKED)
		v->blocked_tsc += d;
	v->stamp = now;
	v->state = state;
	sched_count(c, v, state == VCPU_READY || state == VCPU_RUNNING, now);
}

/* v is not the core's current one any more. */
static void sched_off(struct pcore *c, struct vcpu *v, u64 now)
{
	sched_ops()->off(c, v, now);
	c->sched.cur = NULL;
	v->sched.ran = 0;
}

/* --- the queue --- */

static void sched_set_nr(struct pcore *c, int d)
{
	/* others look at it before they sleep, see move.c */
	__atomic_store_n(&c->sched.nr_ready, c->sched.nr_ready + d, __ATOMIC_SEQ_CST);
}

static void sched_set_slice(struct pcore *c, u64 now)
{
	u64 end = sched_ops()->slice_end(c, c->sched.cur, now), left;

	left = cap_left(c->sched.cur, now);
	if (left < end - now)
		end = now + left;
	c->slice_end = end;
}

static void sched_enqueue(struct pcore *c, struct vcpu *v, enum sched_why why, u64 now)
{
	struct vcpu *cur = c->sched.cur;

	if (!cap_left(v, now)) {
		sched_count(c, v, false, now);
		heap_insert(&c->sched.parked, &v->sched.parked, cap_renewal(v->dom));
		return;
	}
	sched_count(c, v, true, now);
	sched_ops()->enqueue(c, v, why, now);
	sched_set_nr(c, 1);
	if (!cur)
		return;
	if (sched_ops()->preempts(c, v, cur, now))
		c->need_resched = 1;
	else
		sched_set_slice(c, now);
}

static void sched_dequeue(struct pcore *c, struct vcpu *v)
{
	heap_remove(&c->sched.parked, &v->sched.parked);
	if (!v->sched.ready.queued)
		return;
	sched_ops()->dequeue(c, v);
	sched_set_nr(c, -1);
}

/* v wants to run: here, or where there is a place for it. */
static void sched_ready(struct pcore *c, struct vcpu *v, enum sched_why why, u64 now)
{
	struct pcore *to;

	while ((to = move_target(c, v, why)))
		if (sched_hand(c, v, to))
			return;
	sched_enqueue(c, v, why, now);
}

/* --- wake-ups --- */

/* What a blocked vCPU waits for is there. */
static bool sched_due(const struct vcpu *v)
{
	u32 port = v->sched.poll - 1;

	if (!v->sched.poll)
		return event_pending(v);
	return __atomic_load_n(&v->page->pending[port / 64], __ATOMIC_SEQ_CST) >> (port & 63) & 1;
}

/* What is pending counts, whoever was to tell of it. */
static void sched_look(struct pcore *c, struct vcpu *v, u32 why, u64 now)
{
	if (v->state == VCPU_DOWN && why & VCPU_WAKE_UP) {
		sched_state(c, v, VCPU_READY, now);
		sched_ready(c, v, SCHED_WOKEN, now);
	} else if (v->state == VCPU_BLOCKED && sched_due(v)) {
		if (v->sched.poll)
			__atomic_store_n(&v->sched.poll, 0, __ATOMIC_RELAXED);
		else
			v->page->upcall_pending = 1;
		sched_state(c, v, VCPU_READY, now);
		sched_ready(c, v, SCHED_WOKEN, now);
	} else if (why & VCPU_WAKE_LOOK && v == c->sched.cur) {
		c->need_resched = 1;
	} else if (why & VCPU_WAKE_LOOK && v->state == VCPU_READY) {
		sched_dequeue(c, v);
		sched_ready(c, v, SCHED_PREEMPTED, now);
	}
}

static void sched_attach(struct pcore *c, struct vcpu *v, u32 why, enum sched_why how, u64 now)
{
	struct sched_vcpu *s = &v->sched;

	s->prev = NULL;
	s->next = c->sched.all;
	if (s->next)
		s->next->sched.prev = v;
	c->sched.all = v;
	s->attached = 1;
	c->nr_vcpus++;
	sched_ops()->join(c, v, now);
	if (v->timer != ~0ULL)
		heap_insert(&c->sched.timers, &s->timer,
			    v->timer > now ? v->timer : now);
	sched_count(c, v, v->state == VCPU_READY, now);
	if (v->state == VCPU_READY)
		sched_ready(c, v, how, now);
	else
		sched_look(c, v, why, now);
}

void sched_detach(struct pcore *c, struct vcpu *v, u64 now)
{
	struct sched_vcpu *s = &v->sched;

	sched_state(c, v, v->state, now);
	if (c->sched.cur == v)
		sched_off(c, v, now);
	sched_dequeue(c, v);
	heap_remove(&c->sched.timers, &s->timer);
	sched_count(c, v, false, now);
	sched_ops()->leave(c, v, now);
	if (s->prev)
		s->prev->sched.next = s->next;
	else
		c->sched.all = s->next;
	if (s->next)
		s->next->sched.prev = s->prev;
	s->attached = 0;
	c->nr_vcpus--;
	/* its registers go to memory */
	if (c->current_vcpu == v)
		vcpu_switch(c, NULL);
}

/*
 * v is not the core's: its domain is paused, or who hands it over has not set ARRIVED yet. The other bits
 * stay for VCPU_ADD, or for its arrival. false: it has arrived meanwhile.
 */
static bool sched_pass_over(struct vcpu *v)
{
	u32 why = __atomic_load_n(&v->wake, __ATOMIC_RELAXED);

	while (!(why & VCPU_WAKE_ARRIVED))
		if (__atomic_compare_exchange_n(&v->wake, &why, why & ~VCPU_WAKE_QUEUED, false,
						__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* One vCPU that lay on this core's wake list. */
static void sched_take(struct pcore *c, struct vcpu *v, u64 now)
{
	struct pcore *at = __atomic_load_n(&v->core, __ATOMIC_ACQUIRE);
	u32 why;

	if (at && at != c) {
		wake_push(at, v);
		move_ring(at);
		return;
	}
	if (!v->sched.attached && sched_pass_over(v))
		return;
	why = __atomic_exchange_n(&v->wake, 0, __ATOMIC_SEQ_CST);
	if (why & VCPU_WAKE_ARRIVED) {
		__atomic_fetch_sub(&c->sched.coming, 1, __ATOMIC_SEQ_CST);
		/* who was just given something does not give back at once */
		c->sched.balance_at = now + sched_us(SCHED_BALANCE_US);
		sched_attach(c, v, why, SCHED_ARRIVED, now);
	} else {
		sched_look(c, v, why, now);
	}
}

void sched_scan(struct pcore *c)
{
	struct vcpu *v = __atomic_exchange_n(&c->sched.wake_list, NULL, __ATOMIC_SEQ_CST), *next;
	u64 now = rdtsc_ordered_();

	for (; v; v = next) {
		/* before QUEUED is cleared: then the link is another's */
		next = v->sched.wake_next;
		sched_take(c, v, now);
	}
	move_serve(c, now);
}

void sched_add(struct pcore *c, struct vcpu *v)
{
	u64 now = rdtsc_ordered_();
	u32 why;

	v->stamp = now;
	/* QUEUED is cleared only by who takes it from a list */
	why = __atomic_fetch_and(&v->wake, VCPU_WAKE_QUEUED, __ATOMIC_SEQ_CST);
	sched_attach(c, v, why, SCHED_WOKEN, now);
}

long sched_remove(struct pcore *c, struct vcpu *v)
{
	sched_scan(c);
	if (__atomic_load_n(&v->core, __ATOMIC_ACQUIRE) != c || !v->sched.attached)
		return -EAGAIN;
	sched_detach(c, v, rdtsc_ordered_());
	return 0;
}

/* --- timers --- */

static void sched_arm(struct pcore *c, u64 now)
{
	struct sched_core *s = &c->sched;
	u64 next = s->last_tick + sched_us(SCHED_BEAT_US), least;

	/* a deadline that stays the same is not written again */
	if ((s64)(next - now) < 0)
		next = now;
	if (s->cur && c->slice_end < next)
		next = c->slice_end;
	if (s->timers.top && (s64)(s->timers.top->key - next) < 0)
		next = s->timers.top->key;
	if (s->parked.top && (s64)(s->parked.top->key - next) < 0)
		next = s->parked.top->key;
	least = s->last_tick + sched_us(SCHED_TIMER_MIN_US);
	apic_timer(c, (s64)(next - least) < 0 ? least : next);
}

static void sched_fire(struct pcore *c, struct vcpu *v, u64 now)
{
	v->timer = ~0ULL;
	__atomic_fetch_or(&v->page->pending[0], 1ULL << PVHV_PORT_TIMER, __ATOMIC_SEQ_CST);
	if (!(v->page->mask[0] & 1ULL << PVHV_PORT_TIMER))
		v->page->upcall_pending = 1;
	sched_look(c, v, VCPU_WAKE_EVENT, now);
}

void sched_set_timer(struct pcore *c, struct vcpu *v, u64 deadline)
{
	u64 now = rdtsc_ordered_(), least = now + sched_us(SCHED_TIMER_MIN_US);

	heap_remove(&c->sched.timers, &v->sched.timer);
	v->timer = deadline;
	if (deadline != ~0ULL && deadline <= now) {
		sched_fire(c, v, now);
		return;
	}
	if (deadline != ~0ULL) {
		if (deadline < least)
			v->timer = least;
		else if (deadline - now > SCHED_TIMER_MAX)
			v->timer = now + SCHED_TIMER_MAX;
		heap_insert(&c->sched.timers, &v->sched.timer, v->timer);
	}
	sched_arm(c, now);
}

static bool sched_is_due(const struct heap *h, u64 now)
{
	return h->top && (s64)(h->top->key - now) <= 0;
}

static void sched_expire(struct pcore *c, u64 now)
{
	struct heap_node *n;

	while (sched_is_due(&c->sched.timers, now)) {
		n = c->sched.timers.top;
		heap_remove(&c->sched.timers, n);
		sched_fire(c, sched_vcpu_of(n, timer), now);
	}
	while (sched_is_due(&c->sched.parked, now)) {
		n = c->sched.parked.top;
		heap_remove(&c->sched.parked, n);
		sched_ready(c, sched_vcpu_of(n, parked), SCHED_WOKEN, now);
	}
}

/*
 * The APIC's timer rings a little early if its rate is not known to the last digit. That is not a tick: what
 * it was armed for would be SCHED_TIMER_MIN_US late.
 */
static bool sched_is_early(const struct pcore *c, u64 now)
{
	const struct sched_core *s = &c->sched;

	return (s64)(s->last_tick + sched_us(SCHED_BEAT_US) - now) > 0 && !(s->cur && now >= c->slice_end) &&
	       !sched_is_due(&s->timers, now) && !sched_is_due(&s->parked, now);
}

void sched_tick(struct pcore *c)
{
	u64 now = rdtsc_ordered_();

	c->timer_armed = ~0ULL;
	if (!sched_is_early(c, now))
		c->sched.last_tick = now;
	c->heartbeat++;
	if (c->sched.cur && c->sched.cur->state == VCPU_RUNNING)
		sched_state(c, c->sched.cur, VCPU_RUNNING, now);
	sched_expire(c, now);
	if (c->sched.cur && now >= c->slice_end)
		c->need_resched = 1;
	if (move_wanted(c, now))
		__atomic_store_n(&c->doorbell, 1, __ATOMIC_SEQ_CST);
	sched_arm(c, now);
}

/* --- stays --- */

/* v runs from now on; its page says so before it can read it. */
static void sched_begin(struct pcore *c, struct vcpu *v, u64 now)
{
	sched_state(c, v, VCPU_RUNNING, now);
	v->page->steal_ns = hv_ns(v->ready_tsc);
	v->page->run_ns = hv_ns(v->run_tsc);
	v->page->run_tsc = now;
}

void sched_stop(struct pcore *c, struct vcpu *v)
{
	u64 now = rdtsc_ordered_();

	if (v->state == VCPU_RUNNING)
		sched_state(c, v, VCPU_READY, now);
	else
		sched_off(c, v, now);
}

/* The current vCPU makes room: it waits with the others, unless its domain has ended. */
static void sched_put(struct pcore *c, struct vcpu *v, u64 now)
{
	bool ready = sched_runnable(v);

	sched_off(c, v, now);
	if (ready)
		sched_ready(c, v, SCHED_PREEMPTED, now);
}

static struct vcpu *sched_next(struct pcore *c)
{
	struct vcpu *v;

	while ((v = sched_ops()->best(c))) {
		sched_dequeue(c, v);
		/* a vCPU of a domain that has ended waits for its removal */
		if (sched_runnable(v))
			return v;
	}
	return NULL;
}

struct vcpu *sched_pick(struct pcore *c)
{
	struct vcpu *v = c->sched.cur;
	u64 now = rdtsc_ordered_();

	if (v && (c->need_resched || !sched_runnable(v)))
		sched_put(c, v, now);
	c->need_resched = 0;
	if (!c->sched.cur) {
		c->sched.decisions++;
		c->sched.cur = sched_next(c);
		if (!c->sched.cur)
			return NULL;
		sched_set_slice(c, now);
	}
	sched_begin(c, c->sched.cur, now);
	sched_arm(c, now);
	return c->sched.cur;
}

bool sched_idle_begin(struct pcore *c)
{
	move_idle(c, true);
	sched_arm(c, rdtsc_ordered_());
	return !__atomic_load_n(&c->doorbell, __ATOMIC_SEQ_CST);
}

void sched_idle_end(struct pcore *c)
{
	move_idle(c, false);
}

/* --- hypercalls --- */

static void sched_sleep(struct pcore *c, struct vcpu *v, u32 state)
{
	sched_state(c, v, state, rdtsc_ordered_());
	c->need_resched = 1;
}

void sched_block(struct pcore *c, struct vcpu *v)
{
	if (event_pending(v))
		v->page->upcall_pending = 1;
	else
		sched_sleep(c, v, VCPU_BLOCKED);
}

void sched_poll(struct pcore *c, struct vcpu *v, unsigned int port)
{
	/* before the look; pairs with wake_wanted() */
	__atomic_store_n(&v->sched.poll, port + 1, __ATOMIC_SEQ_CST);
	if (sched_due(v))
		__atomic_store_n(&v->sched.poll, 0, __ATOMIC_RELAXED);
	else
		sched_sleep(c, v, VCPU_BLOCKED);
}

void sched_yield(struct pcore *c, struct vcpu *v)
{
	v->sched.yielded = c->sched.nr_ready > 0;
	c->need_resched = 1;
}

void sched_down(struct pcore *c, struct vcpu *v)
{
	sched_sleep(c, v, VCPU_DOWN);
}

void sched_init(struct pcore *c)
{
	struct sched_core *s = &c->sched;

	s->all = NULL;
	s->cur = NULL;
	s->ready.top = NULL;
	s->warped.top = NULL;
	s->timers.top = NULL;
	s->parked.top = NULL;
	s->nr_ready = 0;
	s->coming = 0;
	s->load = 0;
	s->look_at = rdtsc_ordered_();
	s->svt = rdtsc_ordered_();
	c->nr_vcpus = 0;
}
