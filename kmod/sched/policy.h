/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a policy decides: the order of one core's ready vCPUs.
 * Side: core.  All calls are made by the core itself, with interrupts off.
 */
#ifndef PVHV_SCHED_POLICY_H
#define PVHV_SCHED_POLICY_H

#include "domain.h"

enum sched_why { SCHED_WOKEN, SCHED_PREEMPTED, SCHED_ARRIVED };

struct sched_ops {
	const char *name;
	/* What its share is by, against the others'. */
	u32 (*weight)(const struct vcpu *v);
	/* v comes to the core, or leaves it for another. */
	void (*join)(struct pcore *c, struct vcpu *v, u64 now);
	void (*leave)(struct pcore *c, struct vcpu *v, u64 now);
	/* v waits from now on (sched.yielded: it gave way to the others); or no more. */
	void (*enqueue)(struct pcore *c, struct vcpu *v, enum sched_why why, u64 now);
	void (*dequeue)(struct pcore *c, struct vcpu *v);
	/* The best of those that wait, not dequeued; NULL: nobody waits. */
	struct vcpu *(*best)(struct pcore *c);
	/* v ran for d ticks. */
	void (*charge)(struct pcore *c, struct vcpu *v, u64 d, u64 now);
	/* v, still the current one, goes off after sched.ran ticks; its state tells why. */
	void (*off)(struct pcore *c, struct vcpu *v, u64 now);
	/* Until when the core's current vCPU may run if nothing changes; ~0: for ever. */
	u64 (*slice_end)(struct pcore *c, struct vcpu *cur, u64 now);
	/* v has just begun to wait: is it to run before cur goes on? */
	bool (*preempts)(struct pcore *c, struct vcpu *v, struct vcpu *cur, u64 now);
};

#define SCHED_BALANCE_US	100000	/* between two looks at other cores */

extern const struct sched_ops sched_bvt, sched_rr;

static inline u32 sched_weight(const struct vcpu *v)
{
	u32 w = __atomic_load_n(&v->dom->sched.weight, __ATOMIC_RELAXED);

	return w ? w : SCHED_WEIGHT_ONE;
}

static inline u64 sched_us(u64 us)
{
	return us * hv.tsc_khz / 1000;
}

#define sched_vcpu_of(node, member) \
	((struct vcpu *)((char *)(node) - __builtin_offsetof(struct vcpu, sched.member)))

#endif /* PVHV_SCHED_POLICY_H */
