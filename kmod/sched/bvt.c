// SPDX-License-Identifier: GPL-2.0
/*
 * Borrowed virtual time (Duda and Cheriton, SOSP 1999).
 * Side: core.  Times are TSC ticks, virtual ones at SCHED_WEIGHT_ONE; they
 * wrap, so they are compared by difference.
 *
 * Each vCPU has an actual virtual time A (sched.avt), which goes on while it
 * runs, the slower the more weight it has. Its effective virtual time is E = A, or
 * A - W while it is warped. The least E runs. The current vCPU stays until its E is ahead of the
 * least waiting one's by the context switch allowance C (as virtual time of its weight):
 *	A_i - A_j <= (C + MCU) / w_i	for i, j that want to run all the time, not warped
 * SVT, the scheduler's virtual time, is the least A of all that want to run, and stands still when none does; who wakes
 * gets A = max(A, SVT), so sleep earns nothing. Who yields gives up what it is behind.
 * A turn that its vCPU ends itself is charged at least one MCU, for what it costs its
 * neighbours: many short turns earn nothing either.
 * Warp: for at most L of running (warp_limit_us), then not for U (unwarp_us).
 */
#include "policy.h"

#define BVT_C_US	5000	/* context switch allowance */
#define BVT_MCU_US	100	/* minimum charging unit */
#define BVT_LAG_US	1000000	/* at most this much of being ahead goes along to another core */

static u64 bvt_virtual(const struct vcpu *v, u64 real)
{
	return real * SCHED_WEIGHT_ONE / sched_weight(v);
}

static u64 bvt_real(const struct vcpu *v, u64 virt)
{
	return virt * sched_weight(v) / SCHED_WEIGHT_ONE;
}

static u64 bvt_evt(const struct vcpu *v, u64 avt)
{
	return v->sched.is_warped ? avt - sched_us(v->dom->sched.warp_us) : avt;
}

/* Of the current one, with what it ran since it was charged last. */
static u64 bvt_avt_now(const struct vcpu *cur, u64 now)
{
	u64 d = now - cur->stamp;

	if (cur->state != VCPU_RUNNING || (s64)d < 0)
		return cur->sched.avt;
	return cur->sched.avt + bvt_virtual(cur, d);
}

/* --- scheduler virtual time --- */

static void bvt_update_svt(struct pcore *c, u64 now)
{
	struct sched_core *s = &c->sched;
	bool any = false;
	u64 min = 0, a;

	if (s->ready.top) {
		min = s->ready.top->key;
		any = true;
	}
	if (s->cur) {
		a = bvt_avt_now(s->cur, now);
		if (!any || (s64)(a - min) < 0)
			min = a;
		any = true;
	}
	if (any && (s64)(min - s->svt) > 0)
		s->svt = min;
}

static void bvt_join(struct pcore *c, struct vcpu *v, u64 now)
{
	bvt_update_svt(c, now);
	v->sched.avt += c->sched.svt;
	v->sched.is_warped = 0;
}

static void bvt_leave(struct pcore *c, struct vcpu *v, u64 now)
{
	s64 lag;

	bvt_update_svt(c, now);
	lag = v->sched.avt - c->sched.svt;
	v->sched.avt = lag < 0 ? 0 : (u64)lag < sched_us(BVT_LAG_US) ? (u64)lag : sched_us(BVT_LAG_US);
}

/* --- warp --- */

static u64 bvt_warp_left(const struct vcpu *v)
{
	u64 limit = sched_us(v->dom->sched.warp_limit_us);

	if (!limit)
		return ~0ULL;
	return v->sched.warp_used < limit ? limit - v->sched.warp_used : 0;
}

static void bvt_update_warp(struct vcpu *v, u64 now)
{
	struct sched_vcpu *s = &v->sched;

	if (!v->dom->sched.warp || !v->dom->sched.warp_us) {
		s->is_warped = 0;
		return;
	}
	/* long enough without: a new allowance */
	if (now - s->warp_end >= sched_us(v->dom->sched.unwarp_us))
		s->warp_used = 0;
	s->is_warped = bvt_warp_left(v) > 0;
}

/* --- the queue --- */

static u64 bvt_top_evt(const struct pcore *c)
{
	const struct heap_node *r = c->sched.ready.top, *w = c->sched.warped.top;

	if (w && (s64)(w->key - r->key) < 0)
		return w->key;
	return r->key;
}

static void bvt_enqueue(struct pcore *c, struct vcpu *v, enum sched_why why, u64 now)
{
	struct sched_vcpu *s = &v->sched;

	bvt_update_svt(c, now);
	if (why != SCHED_PREEMPTED && (s64)(c->sched.svt - s->avt) > 0)
		s->avt = c->sched.svt;
	if (s->yielded && c->sched.ready.top && (s64)(c->sched.ready.top->key + 1 - s->avt) > 0)
		s->avt = c->sched.ready.top->key + 1;
	bvt_update_warp(v, now);
	if (s->yielded)
		s->is_warped = 0;
	s->yielded = 0;
	heap_insert(&c->sched.ready, &s->ready, s->avt);
	if (s->is_warped)
		heap_insert(&c->sched.warped, &s->warped, bvt_evt(v, s->avt));
}

static void bvt_dequeue(struct pcore *c, struct vcpu *v)
{
	heap_remove(&c->sched.ready, &v->sched.ready);
	heap_remove(&c->sched.warped, &v->sched.warped);
}

/* Who is warped is in both heaps: by A, for SVT, and by E. */
static struct vcpu *bvt_best(struct pcore *c)
{
	struct heap_node *r = c->sched.ready.top, *w = c->sched.warped.top;

	if (w && (s64)(w->key - r->key) < 0)
		return sched_vcpu_of(w, warped);
	return r ? sched_vcpu_of(r, ready) : NULL;
}

static void bvt_charge(struct pcore *c, struct vcpu *v, u64 d, u64 now)
{
	struct sched_vcpu *s = &v->sched;

	(void)c;
	s->avt += bvt_virtual(v, d);
	if (!s->is_warped)
		return;
	s->warp_used += d;
	s->warp_end = now;
	if (!bvt_warp_left(v))
		s->is_warped = 0;
}

static void bvt_off(struct pcore *c, struct vcpu *v, u64 now)
{
	u64 mcu = sched_us(BVT_MCU_US);

	/* not who was preempted: that is not its doing */
	if (v->sched.ran < mcu && (v->state != VCPU_READY || v->sched.yielded))
		v->sched.avt += bvt_virtual(v, mcu - v->sched.ran);
	bvt_update_svt(c, now);
}

static u64 bvt_slice_end(struct pcore *c, struct vcpu *cur, u64 now)
{
	u64 end = ~0ULL;
	s64 room;

	if (c->sched.ready.top) {
		room = bvt_top_evt(c) - bvt_evt(cur, bvt_avt_now(cur, now));
		end = now + sched_us(BVT_C_US);
		if (room > 0)
			end += bvt_real(cur, room);
		else
			end -= bvt_real(cur, -room) < end - now ? bvt_real(cur, -room) : end - now;
	}
	if (cur->sched.is_warped && bvt_warp_left(cur) < end - now)
		end = now + bvt_warp_left(cur);
	return end;
}

static bool bvt_preempts(struct pcore *c, struct vcpu *v, struct vcpu *cur, u64 now)
{
	(void)c;
	return (s64)(bvt_evt(v, v->sched.avt) - bvt_evt(cur, bvt_avt_now(cur, now))) <= 0;
}

const struct sched_ops sched_bvt = {
	.name = "bvt",
	.weight = sched_weight,
	.join = bvt_join,
	.leave = bvt_leave,
	.enqueue = bvt_enqueue,
	.dequeue = bvt_dequeue,
	.best = bvt_best,
	.charge = bvt_charge,
	.off = bvt_off,
	.slice_end = bvt_slice_end,
	.preempts = bvt_preempts,
};
