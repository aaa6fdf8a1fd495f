// SPDX-License-Identifier: GPL-2.0
/*
 * Round robin: ready vCPUs run in the order in which they became so, each for
 * a slice.  Knows neither weights nor warp.
 * Side: core.
 */
#include "policy.h"

#define RR_SLICE_US	10000

static u32 rr_weight(const struct vcpu *v)
{
	(void)v;
	return SCHED_WEIGHT_ONE;
}

static void rr_join(struct pcore *c, struct vcpu *v, u64 now)
{
	(void)c;
	(void)v;
	(void)now;
}

static void rr_enqueue(struct pcore *c, struct vcpu *v, enum sched_why why, u64 now)
{
	(void)why;
	(void)now;
	heap_insert(&c->sched.ready, &v->sched.ready, c->sched.turn++);
}

static void rr_dequeue(struct pcore *c, struct vcpu *v)
{
	heap_remove(&c->sched.ready, &v->sched.ready);
}

static struct vcpu *rr_best(struct pcore *c)
{
	return c->sched.ready.top ? sched_vcpu_of(c->sched.ready.top, ready) : NULL;
}

static void rr_charge(struct pcore *c, struct vcpu *v, u64 d, u64 now)
{
	(void)c;
	(void)v;
	(void)d;
	(void)now;
}

static void rr_off(struct pcore *c, struct vcpu *v, u64 now)
{
	rr_charge(c, v, 0, now);
}

static u64 rr_slice_end(struct pcore *c, struct vcpu *cur, u64 now)
{
	u64 slice = sched_us(RR_SLICE_US);

	if (!c->sched.ready.top)
		return ~0ULL;
	return cur->sched.ran < slice ? now + slice - cur->sched.ran : now;
}

static bool rr_preempts(struct pcore *c, struct vcpu *v, struct vcpu *cur, u64 now)
{
	(void)c;
	(void)v;
	(void)cur;
	(void)now;
	return false;
}

const struct sched_ops sched_rr = {
	.name = "rr",
	.weight = rr_weight,
	.join = rr_join,
	.leave = rr_join,
	.enqueue = rr_enqueue,
	.dequeue = rr_dequeue,
	.best = rr_best,
	.charge = rr_charge,
	.off = rr_off,
	.slice_end = rr_slice_end,
	.preempts = rr_preempts,
};
