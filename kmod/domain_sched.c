// SPDX-License-Identifier: GPL-2.0
/*
 * Scheduling of guests from the host's user space: parameters, pause, pins.
 * Side: host.  Context: system calls.  Locks: hostdom.lock for what changes something.
 *
 * Cores read a domain's parameters word by word as they need them, so a
 * change needs no command; a vCPU that has to move is looked at by its core (VCPU_WAKE_LOOK).
 */
#include <linux/string.h>

#include "cpu.h"
#include "cpuhold.h"
#include "domain_ioctl.h"
#include "domain_sched.h"
#include "hostdom.h"
#include "sched/wake.h"
#include <pvhv/ioctl_sched.h>

#define SET_KNOWN (PVHV_SCHED_SET_WEIGHT | PVHV_SCHED_SET_CAP | PVHV_SCHED_SET_WARP)
#define ALL_VCPUS (~0U)

/* --- parameters --- */

static const char *set_refusal(const struct hostdom *h, const struct pvhv_sched *a)
{
	if (!a->set || a->set & ~SET_KNOWN || memchr_inv(a->reserved, 0, sizeof(a->reserved)))
		return "nothing to set, or unknown flags; the module is older than the tool";
	if (a->set & PVHV_SCHED_SET_WEIGHT && (!a->weight || a->weight > SCHED_WEIGHT_MAX))
		return "a weight is a number from 1 to 65535";
	if (a->set & PVHV_SCHED_SET_CAP && a->cap > 100 * h->dom->nr_vcpus)
		return "a cap is at most 100 per cent for each vCPU; 0 takes it away";
	if (a->set & PVHV_SCHED_SET_WARP &&
	    (a->warp > 1 || a->warp_us > SCHED_WARP_MAX_US ||
	     a->warp_limit_us > SCHED_WARP_MAX_US || a->unwarp_us > SCHED_WARP_MAX_US))
		return "warp is 0 or 1, its times are at most 10 s";
	return NULL;
}

static void set_apply(struct sched_params *p, const struct pvhv_sched *a)
{
	if (a->set & PVHV_SCHED_SET_WEIGHT)
		WRITE_ONCE(p->weight, a->weight);
	if (a->set & PVHV_SCHED_SET_CAP)
		WRITE_ONCE(p->cap, a->cap);
	if (!(a->set & PVHV_SCHED_SET_WARP))
		return;
	WRITE_ONCE(p->warp_us, a->warp_us);
	WRITE_ONCE(p->warp_limit_us, a->warp_limit_us);
	WRITE_ONCE(p->unwarp_us, a->unwarp_us);
	WRITE_ONCE(p->warp, a->warp);
}

static void look_at_all(struct hostdom *h)
{
	u32 i;

	for (i = 0; i < h->dom->nr_vcpus; i++)
		hostdom_wake(h, h->dom->vcpu[i], VCPU_WAKE_LOOK);
}

long sched_ioctl_set(void *ctx, void *arg)
{
	struct pvhv_sched *a = arg;
	struct hostdom *h = hostdom_find(a->domid);
	const char *refusal;

	memset(a->msg, 0, sizeof(a->msg));
	if (!h)
		return -ENOENT;
	refusal = set_refusal(h, a);
	if (refusal) {
		strscpy(a->msg, refusal, sizeof(a->msg));
	} else {
		mutex_lock(&h->lock);
		set_apply(&h->dom->sched, a);
		mutex_unlock(&h->lock);
		look_at_all(h);
	}
	hostdom_put(h);
	return refusal ? -EINVAL : 0;
}

long sched_ioctl_get(void *ctx, void *arg)
{
	struct pvhv_sched *a = arg;
	struct hostdom *h = hostdom_find(a->domid);
	const struct sched_params *p;

	if (!h)
		return -ENOENT;
	p = &h->dom->sched;
	a->set = 0;
	a->weight = READ_ONCE(p->weight) ?: SCHED_WEIGHT_ONE;
	a->cap = READ_ONCE(p->cap);
	a->warp = READ_ONCE(p->warp);
	a->warp_us = READ_ONCE(p->warp_us);
	a->warp_limit_us = READ_ONCE(p->warp_limit_us);
	a->unwarp_us = READ_ONCE(p->unwarp_us);
	a->policy = hv.sched_policy;
	memset(a->reserved, 0, sizeof(a->reserved));
	memset(a->msg, 0, sizeof(a->msg));
	hostdom_put(h);
	return 0;
}

/* --- pause --- */

static long pause_locked(struct hostdom *h)
{
	u32 *state = &h->dom->state;

	if (READ_ONCE(*state) == PVHV_DOM_ST_PAUSED)
		return -EBUSY;
	if (h->stopped || READ_ONCE(*state) != PVHV_DOM_ST_RUNNING)
		return -ESRCH;
	hostdom_pause_locked(h);
	/* unless it ended just now; then that is looked after by end_work */
	return cmpxchg(state, PVHV_DOM_ST_RUNNING, PVHV_DOM_ST_PAUSED) == PVHV_DOM_ST_RUNNING ?
		0 : -ESRCH;
}

static long unpause_locked(struct hostdom *h)
{
	u32 *state = &h->dom->state;
	long err;

	if (h->stopped || READ_ONCE(*state) != PVHV_DOM_ST_PAUSED)
		return READ_ONCE(*state) == PVHV_DOM_ST_RUNNING ? -EBUSY : -ESRCH;
	WRITE_ONCE(*state, PVHV_DOM_ST_RUNNING);
	err = hostdom_resume_locked(h);
	if (err == -ENODEV)
		cmpxchg(state, PVHV_DOM_ST_RUNNING, PVHV_DOM_ST_PAUSED);
	else if (err)
		hostdom_end_locked(h, PVHV_END_CORE_LOST, "a core stopped as it went on");
	return err;
}

static long on_domain(unsigned long user, long (*fn)(struct hostdom *h))
{
	struct hostdom *h;
	long err;

	h = domain_by_user_id(user, &err);
	if (!h)
		return err;
	mutex_lock(&h->lock);
	err = fn(h);
	mutex_unlock(&h->lock);
	hostdom_put(h);
	return err;
}

long sched_ioctl_pause(void *ctx, unsigned long user)
{
	return on_domain(user, pause_locked);
}

long sched_ioctl_unpause(void *ctx, unsigned long user)
{
	return on_domain(user, unpause_locked);
}

/* --- vCPUs --- */

static long pin_locked(struct hostdom *h, const struct pvhv_pin *a)
{
	struct domain *d = h->dom;
	struct pcore *c;
	u32 i;

	if (a->vcpu != ALL_VCPUS && a->vcpu >= d->nr_vcpus)
		return -EINVAL;
	/* with the hold, a core that is being given back either still counts this vCPU or is not found */
	c = hostdom_hold_core(a->cores);
	if (!c)
		return -ENODEV;
	for (i = 0; i < d->nr_vcpus; i++) {
		if (a->vcpu != ALL_VCPUS && a->vcpu != i)
			continue;
		WRITE_ONCE(d->vcpu[i]->sched.allowed, a->cores);
		hostdom_wake(h, d->vcpu[i], VCPU_WAKE_LOOK);
	}
	core_release(c);
	return 0;
}

long sched_ioctl_pin(void *ctx, void *arg)
{
	struct pvhv_pin *a = arg;
	struct hostdom *h = hostdom_find(a->domid);
	long err;

	memset(a->msg, 0, sizeof(a->msg));
	if (!h)
		return -ENOENT;
	if (a->reserved)
		err = -EINVAL;
	else {
		mutex_lock(&h->lock);
		err = pin_locked(h, a);
		mutex_unlock(&h->lock);
	}
	if (err == -EINVAL)
		snprintf(a->msg, sizeof(a->msg), "the guest has vCPUs 0 to %u",
			 h->dom->nr_vcpus - 1);
	else if (err == -ENODEV)
		strscpy(a->msg, "none of these cores is taken; see 'pvhv cpu list'",
			sizeof(a->msg));
	hostdom_put(h);
	return err;
}

static long vcpu_set(struct hostdom *h, u32 nr)
{
	struct pvhv_shared_info *s = h->dom->shared[PVHV_SHARED_INFO_PAGE];

	if (!nr || nr > h->dom->nr_vcpus)
		return -EINVAL;
	if (READ_ONCE(h->dom->state) == PVHV_DOM_ST_ENDED)
		return -ESRCH;
	WRITE_ONCE(s->vcpus_wanted, BIT_ULL(nr) - 1);
	hostdom_raise(h, PVHV_PORT_CPU);
	return 0;
}

long sched_ioctl_vcpu_set(void *ctx, void *arg)
{
	struct pvhv_vcpu_set *a = arg;
	struct hostdom *h = hostdom_find(a->domid);
	long err;

	memset(a->msg, 0, sizeof(a->msg));
	if (!h)
		return -ENOENT;
	err = a->reserved ? -EINVAL : vcpu_set(h, a->nr);
	if (err == -EINVAL)
		snprintf(a->msg, sizeof(a->msg), "the guest was made with %u vCPUs: say 1 to %u",
			 h->dom->nr_vcpus, h->dom->nr_vcpus);
	hostdom_put(h);
	return err;
}

s32 vcpu_cpu(const struct vcpu *v)
{
	/* cores hand it on, and the one that it was on may go */
	int idx = cpu_read_lock();
	const struct pcore *c = READ_ONCE(v->core);
	s32 cpu = c ? c->cpu : -1;

	cpu_read_unlock(idx);
	return cpu;
}

static void vcpu_fill(struct pvhv_vcpu_state *a, const struct vcpu *v)
{
	a->cpu = vcpu_cpu(v);
	a->state = READ_ONCE(v->state);
	a->cores = READ_ONCE(v->sched.allowed);
	a->run_ns = hv_ns(READ_ONCE(v->run_tsc));
	a->ready_ns = hv_ns(READ_ONCE(v->ready_tsc));
	a->blocked_ns = hv_ns(READ_ONCE(v->blocked_tsc));
	a->switches = READ_ONCE(v->switches);
	a->migrations = READ_ONCE(v->sched.migrations);
	a->hypercalls = READ_ONCE(v->hypercalls);
}

long sched_ioctl_vcpu_state(void *ctx, void *arg)
{
	struct pvhv_vcpu_state *a = arg, in = *a;
	struct hostdom *h = hostdom_find(in.domid);
	long err = -EINVAL;

	if (!h)
		return -ENOENT;
	memset(a, 0, sizeof(*a));
	a->size = in.size;
	a->domid = in.domid;
	a->vcpu = in.vcpu;
	if (in.vcpu < h->dom->nr_vcpus) {
		vcpu_fill(a, h->dom->vcpu[in.vcpu]);
		err = 0;
	}
	hostdom_put(h);
	return err;
}
