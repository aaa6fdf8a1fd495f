// SPDX-License-Identifier: GPL-2.0
/*
 * Caps: see cap.h.
 * Side: core.
 *
 * A domain has one budget per period, which its vCPUs use up on whichever cores they run; each may run
 * a part of what is left before it looks again. Words that are a little old do no harm: what was had too much is paid.
 */
#include "cap.h"
#include "policy.h"

#define CAP_US		100000	/* period */
#define CAP_STEP_US	500	/* a vCPU of several is let run at least this long, beyond the cap if need be */

void cap_charge(struct domain *d, u64 ran)
{
	if (__atomic_load_n(&d->sched.cap, __ATOMIC_RELAXED))
		__atomic_fetch_add(&d->cap.used, ran, __ATOMIC_RELAXED);
}

/* The first core that finds the period over begins another one. */
static void cap_renew(struct sched_cap *cap, u64 budget, u64 now)
{
	u64 start = __atomic_load_n(&cap->start, __ATOMIC_RELAXED), period = sched_us(CAP_US);
	u64 age = now - start, used;

	if ((s64)age < (s64)period ||
	    !__atomic_compare_exchange_n(&cap->start, &start, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	used = __atomic_load_n(&cap->used, __ATOMIC_RELAXED);
	/* what it used too much is still to be paid */
	__atomic_fetch_sub(&cap->used, age < 2 * period && used > budget ? budget : used, __ATOMIC_RELAXED);
}

u64 cap_left(struct vcpu *v, u64 now)
{
	u32 cap = __atomic_load_n(&v->dom->sched.cap, __ATOMIC_RELAXED);
	u64 budget = sched_us(CAP_US) * cap / 100, used, part;

	if (!cap)
		return ~0ULL;
	cap_renew(&v->dom->cap, budget, now);
	used = __atomic_load_n(&v->dom->cap.used, __ATOMIC_RELAXED);
	if (used >= budget)
		return 0;
	/* others of the domain may run at the same time */
	part = (budget - used) / v->dom->nr_vcpus;
	if (v->dom->nr_vcpus > 1 && part < sched_us(CAP_STEP_US))
		part = sched_us(CAP_STEP_US);
	return part;
}

u64 cap_renewal(const struct domain *d)
{
	return __atomic_load_n(&d->cap.start, __ATOMIC_RELAXED) + sched_us(CAP_US);
}
