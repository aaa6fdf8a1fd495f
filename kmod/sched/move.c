// SPDX-License-Identifier: GPL-2.0
/*
 * vCPUs move between cores: to idle ones, to where it evens out loads and shares (share.c),
 * away from a core that is given back, and to where they are pinned.
 * Side: core.  Only the core that a vCPU is on moves it, and never while it
 * runs: its state is in memory by then. The new owner finds it on its wake list.
 *
 * Idle cores.  A core without work sets its bit in move_idle_mask, then looks
 * whether others have vCPUs that wait, and asks one. A core on which a vCPU
 * begins to wait increases nr_ready, then looks at the mask, and
 * hands over to a core whose bit it could clear. Both orders are sequentially
 * consistent, so one of them sees the other.
 *
 * A core that the host closes (given back, lost) gets nothing more: who hands over notes the core in
 * domain.cores_seen and is counted in its coming, then looks at closed; the host sets closed, then
 * looks at cores_seen, and the core at coming.
 */
#include <linux/errno.h>
#include "move.h"
#include "sched.h"
#include "share.h"
#include "wake.h"
#include "arch/x86/apic.h"
#include "arch/x86/asm.h"

#define MOVE_ASK_US	1000	/* between two requests of an idle core */
#define MOVE_UNEVEN_US	6000	/* between two moves from a core that has far too many */
#define MOVE_PARTNERS	8	/* other cores that are compared with at a time */

static u64 move_idle_mask;

static u64 move_bit(const struct pcore *c)
{
	return 1ULL << c->index;
}

static bool move_allowed(const struct vcpu *v, const struct pcore *to)
{
	u64 allowed = __atomic_load_n(&v->sched.allowed, __ATOMIC_RELAXED);

	return !allowed || (to->cpu < 64 && (allowed >> to->cpu & 1));
}

static bool move_open(const struct pcore *to)
{
	return to && !__atomic_load_n(&to->sched.closed, __ATOMIC_SEQ_CST) &&
	       __atomic_load_n(&to->state, __ATOMIC_ACQUIRE) == PCORE_ALIVE;
}

static u64 move_load(const struct pcore *c)
{
	return __atomic_load_n(&c->sched.load, __ATOMIC_RELAXED);
}

void move_ring(struct pcore *c)
{
	__atomic_store_n(&c->doorbell, 1, __ATOMIC_SEQ_CST);
	apic_send(c->apicid, PCORE_VECTOR);
}

/* --- choice --- */

/* The least loaded other core that v may run on (NULL: all cores will do). */
static struct pcore *move_least(const struct pcore *c, const struct vcpu *v)
{
	struct pcore *best = NULL;
	int i;

	for (i = 0; i < HV_MAX_CORES; i++) {
		struct pcore *to = __atomic_load_n(&hv.cores[i], __ATOMIC_ACQUIRE);

		if (to == c || !move_open(to) || (v && !move_allowed(v, to)))
			continue;
		if (!best || move_load(to) < move_load(best))
			best = to;
	}
	return best;
}

/* An idle core that v may run on; it is woken for this vCPU only. */
static struct pcore *move_claim(const struct pcore *c, const struct vcpu *v)
{
	u64 idle = __atomic_load_n(&move_idle_mask, __ATOMIC_SEQ_CST) & ~move_bit(c);

	while (idle) {
		struct pcore *to = __atomic_load_n(&hv.cores[__builtin_ctzll(idle)],
						   __ATOMIC_ACQUIRE);
		u64 bit = idle & -idle;

		idle &= ~bit;
		if (!move_open(to) || !move_allowed(v, to))
			continue;
		if (__atomic_fetch_and(&move_idle_mask, ~bit, __ATOMIC_SEQ_CST) & bit)
			return to;
	}
	return NULL;
}

struct pcore *move_target(struct pcore *c, struct vcpu *v, enum sched_why why)
{
	if (!move_allowed(v, c))
		return move_least(c, v);
	/* nobody here is before it, or it comes from a core that knew better */
	if (why == SCHED_ARRIVED || (!c->sched.cur && !c->sched.nr_ready))
		return NULL;
	return move_claim(c, v);
}

bool sched_hand(struct pcore *c, struct vcpu *v, struct pcore *to)
{
	__atomic_fetch_or(&v->dom->cores_seen, move_bit(to), __ATOMIC_SEQ_CST);
	/* until it takes v in; before the look at closed, pairs with sched_leave() */
	__atomic_fetch_add(&to->sched.coming, 1, __ATOMIC_SEQ_CST);
	if (!move_open(to)) {
		__atomic_fetch_sub(&to->sched.coming, 1, __ATOMIC_SEQ_CST);
		return false;
	}
	sched_detach(c, v, rdtsc_ordered_());
	c->sched.moved++;
	v->sched.migrations++;
	/* all of its state before its new owner finds it */
	__atomic_store_n(&v->core, to, __ATOMIC_RELEASE);
	wake_mark(to, v, VCPU_WAKE_ARRIVED);
	move_ring(to);
	return true;
}

/* --- idle cores --- */

/* The next to run of those that wait here and may run there. */
static struct vcpu *move_waiting(struct pcore *c, const struct pcore *to)
{
	struct vcpu *v, *best = NULL;

	for (v = c->sched.all; v; v = v->sched.next) {
		if (!v->sched.ready.queued || !move_allowed(v, to))
			continue;
		if (!best || (s64)(v->sched.ready.key - best->sched.ready.key) < 0)
			best = v;
	}
	return best;
}

/* More of them wait than this core is about to run. */
static bool move_spare(const struct pcore *c)
{
	return c->sched.nr_ready > (c->sched.cur ? 0 : 1);
}

static void move_answer(struct pcore *c, struct pcore *to)
{
	u64 bit = move_bit(to);
	struct vcpu *v;

	if (!move_spare(c) || !move_open(to))
		return;
	v = move_waiting(c, to);
	/* somebody else may have given it work meanwhile */
	if (v && __atomic_fetch_and(&move_idle_mask, ~bit, __ATOMIC_SEQ_CST) & bit)
		sched_hand(c, v, to);
}

/* Not at each short sleep: a busy core is interrupted by it.  Those that wait are seen by move_balance, too. */
static void move_ask(struct pcore *c)
{
	u64 now = rdtsc_ordered_();
	int i;

	if ((s64)(now - c->sched.ask_at) < 0)
		return;
	for (i = 0; i < HV_MAX_CORES; i++) {
		struct pcore *from = __atomic_load_n(&hv.cores[i], __ATOMIC_ACQUIRE);

		if (from == c || !move_open(from) ||
		    !__atomic_load_n(&from->sched.nr_ready, __ATOMIC_SEQ_CST))
			continue;
		c->sched.ask_at = now + sched_us(MOVE_ASK_US);
		__atomic_fetch_or(&from->sched.steal, move_bit(c), __ATOMIC_SEQ_CST);
		move_ring(from);
	}
}

void move_idle(struct pcore *c, bool idle)
{
	if (!idle) {
		__atomic_fetch_and(&move_idle_mask, ~move_bit(c), __ATOMIC_SEQ_CST);
		return;
	}
	if (__atomic_load_n(&c->sched.closed, __ATOMIC_SEQ_CST))
		return;
	__atomic_fetch_or(&move_idle_mask, move_bit(c), __ATOMIC_SEQ_CST);
	move_ask(c);
}

/* --- balance --- */

static void move_look(struct pcore *c, bool alone, u64 now)
{
	c->sched.balance_at = now + sched_us(SCHED_BALANCE_US);
	share_look(c, alone, now);
}

bool move_wanted(struct pcore *c, u64 now)
{
	if ((s64)(now - c->sched.balance_at) < 0)
		return false;
	if (move_spare(c))
		return true;
	move_look(c, true, now);
	return false;
}

/* Of those that want to run here the one that gains most by going to that core. */
static struct vcpu *move_surplus(struct pcore *c, const struct pcore *to, s64 *most, u64 now)
{
	struct vcpu *v, *best = NULL;
	s64 gain;

	for (v = c->sched.all; v; v = v->sched.next) {
		if ((!v->sched.ready.queued && v != c->sched.cur) || !v->sched.counted || !move_allowed(v, to))
			continue;
		gain = share_gain(c, v, to, now);
		if (gain <= *most)
			continue;
		*most = gain;
		best = v;
	}
	return best;
}

/* Even then c is much more loaded. */
static bool move_uneven(const struct pcore *c, const struct vcpu *v, const struct pcore *to)
{
	return 3 * (move_load(c) - v->sched.counted) >= 4 * (move_load(to) + v->sched.counted);
}

/*
 * Looks at a few other cores, not the same ones each time, and at none that gets something just now, so that not all
 * choose the same.
 */
static void move_balance(struct pcore *c, u64 now)
{
	struct pcore *to, *best_to = NULL;
	struct vcpu *v, *best = NULL;
	int i, seen = 0;
	s64 most = 0;

	for (i = 0; i < HV_MAX_CORES && seen < MOVE_PARTNERS; i++) {
		c->sched.partner = (c->sched.partner + 1) % HV_MAX_CORES;
		to = __atomic_load_n(&hv.cores[c->sched.partner], __ATOMIC_ACQUIRE);
		if (to == c || !move_open(to) || __atomic_load_n(&to->sched.coming, __ATOMIC_RELAXED))
			continue;
		seen++;
		v = move_surplus(c, to, &most, now);
		if (v) {
			best = v;
			best_to = to;
		}
	}
	if (!best)
		return;
	if (move_uneven(c, best, best_to))
		c->sched.balance_at = now + sched_us(MOVE_UNEVEN_US);
	sched_hand(c, best, best_to);
}

void move_serve(struct pcore *c, u64 now)
{
	u64 ask;

	if (__atomic_load_n(&c->sched.steal, __ATOMIC_RELAXED)) {
		ask = __atomic_exchange_n(&c->sched.steal, 0, __ATOMIC_SEQ_CST);
		for (; ask; ask &= ask - 1) {
			struct pcore *to = __atomic_load_n(&hv.cores[__builtin_ctzll(ask)],
							   __ATOMIC_ACQUIRE);

			if (to)
				move_answer(c, to);
		}
	}
	if (!move_wanted(c, now))
		return;
	move_look(c, false, now);
	move_balance(c, now);
}

/* --- a core is given back --- */

s64 sched_leave(struct pcore *c, bool all)
{
	struct vcpu *v, *next;
	s64 stuck = 0;

	sched_scan(c);
	move_idle(c, false);
	/* who saw the core open has not put it on a list yet, or another core has still to pass it on */
	if (!all && __atomic_load_n(&c->sched.coming, __ATOMIC_SEQ_CST))
		return -EAGAIN;
	for (v = c->sched.all; v; v = next) {
		struct pcore *to;

		next = v->sched.next;
		/* that one may be closed meanwhile, too */
		do {
			to = move_least(c, all ? NULL : v);
		} while (to && !sched_hand(c, v, to));
		stuck += !to;
	}
	return stuck;
}
