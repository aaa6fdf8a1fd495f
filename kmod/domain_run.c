// SPDX-License-Identifier: GPL-2.0
/*
 * Running a domain on the taken cores: start, end, accounts.
 * Side: host.  Context: process; sleeps for answers of cores.
 * Locks: hostdom.lock throughout; see hostdom.c.
 *
 * Cores move vCPUs on their own; domain.cores_seen names all that may have a root
 * of the domain in their cache, or a vCPU of it on their wake list. A core that is lost has got its
 * INIT before we hear of it: it touches no memory any more, but may have died in the
 * middle of anything, so the types and locks of all domains that it has seen are not looked at again.
 */
#define pr_fmt(fmt) "pvhv: " fmt

#include <asm/tsc.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/pid.h>
#include <linux/sched.h>

#include "cpu.h"
#include "cpuhold.h"
#include "domain_mem.h"
#include "hostdom.h"
#include "io/vdev.h"

#define END_POLLS	1000
#define END_POLL_US	100
#define REMOVE_SECONDS	5
#define SLICE_PAUSE_US	10000

static int run_command(struct pcore *c, u32 cmd, const void *arg)
{
	s64 ret = 0;
	int err = core_command(c, cmd, (unsigned long)arg, &ret);

	return err ?: ret;
}

/* While a core works for one domain in slices, half of it is left to the guests that run on it. */
static void slices_pause(const struct pcore *c, ktime_t began)
{
	s64 us = min_t(s64, ktime_us_delta(ktime_get(), began), SLICE_PAUSE_US);

	if (us > 0 && READ_ONCE(c->nr_vcpus))
		usleep_range(us, 2 * us);
	else
		cond_resched();
}

int hostdom_slices(struct hostdom *h, struct pcore *c, u32 cmd)
{
	s64 ret = 0;
	int err;

	for (;;) {
		ktime_t began = ktime_get();

		err = core_command(c, cmd, (unsigned long)h->dom, &ret);
		if (err || ret != -EAGAIN)
			break;
		slices_pause(c, began);
	}
	/* it may have died in the middle of anything */
	if (err)
		h->core_lost = true;
	return err ?: ret;
}

/* --- vCPUs and their cores --- */

static void vcpu_set_core(struct hostdom *h, struct vcpu *v, struct pcore *c)
{
	unsigned long flags;

	spin_lock_irqsave(&h->core_lock, flags);
	WRITE_ONCE(v->core, c);
	spin_unlock_irqrestore(&h->core_lock, flags);
}

struct pcore *hostdom_hold_core(u64 mask)
{
	struct pcore *c;

	/* The core may be given back between the two calls: choose again. */
	do {
		c = core_pick(mask);
	} while (c && core_hold(c));
	return c;
}

/*
 * A core for each vCPU, held until all have come there. strict: one that it is
 * pinned to; else another one is better than none.
 */
static int cores_choose(struct hostdom *h, struct pcore **cores, bool strict)
{
	struct domain *d = h->dom;
	u32 i;

	for (i = 0; i < d->nr_vcpus; i++) {
		cores[i] = hostdom_hold_core(d->vcpu[i]->sched.allowed);
		if (!cores[i] && !strict)
			cores[i] = hostdom_hold_core(0);
		if (!cores[i]) {
			while (i--)
				core_release(cores[i]);
			return -ENODEV;
		}
	}
	return 0;
}

static void cores_release(struct hostdom *h, struct pcore **cores)
{
	u32 i;

	for (i = 0; i < h->dom->nr_vcpus; i++)
		core_release(cores[i]);
}

/* v comes off the core that it is on, and that may hand it on to another one just now. */
static int vcpu_remove(struct vcpu *v)
{
	unsigned long end = jiffies + REMOVE_SECONDS * HZ;
	s64 ret = 0;
	int err;

	do {
		/* pairs with the release in sched_hand() */
		struct pcore *c = smp_load_acquire(&v->core);

		if (!c)
			return 0;
		err = core_command(c, PCORE_CMD_VCPU_REMOVE, (unsigned long)v, &ret);
		if (err || !ret)
			return err;
		cond_resched();
	} while (time_before(jiffies, end));
	/* it lies on the wake list of a core that was lost */
	return -EIO;
}

static int cores_forget(struct domain *d)
{
	int i, err = 0, e;

	for (i = 0; i < HV_MAX_CORES; i++) {
		struct pcore *c = READ_ONCE(hv.cores[i]);

		if (!c || !(READ_ONCE(d->cores_seen) & BIT_ULL(i)))
			continue;
		e = core_command(c, PCORE_CMD_DOM_FORGET, (unsigned long)d, NULL);
		err = err ?: e;
	}
	return err;
}

/*
 * First all vCPUs leave; until then a sibling may wake them. Then they
 * have no core, so nobody puts them on a wake list. What lies there goes off,
 * in two rounds: in the first one core may pass something on to another.
 */
void hostdom_pause_locked(struct hostdom *h)
{
	struct domain *d = h->dom;
	int err = 0, e;
	u32 i;

	cpu_stay_get();
	for (i = 0; i < d->nr_vcpus; i++) {
		e = vcpu_remove(d->vcpu[i]);
		err = err ?: e;
	}
	for (i = 0; i < d->nr_vcpus; i++)
		vcpu_set_core(h, d->vcpu[i], NULL);
	err = cores_forget(d) ?: err;
	err = cores_forget(d) ?: err;
	if (err)
		h->core_lost = true;
	else
		WRITE_ONCE(d->cores_seen, 0);
	cpu_stay_put();
}

/* All have their core before one runs and wakes the others. */
static int cores_add(struct hostdom *h, struct pcore **cores)
{
	struct domain *d = h->dom;
	int err = 0;
	u32 i;

	for (i = 0; i < d->nr_vcpus; i++) {
		__atomic_fetch_or(&d->cores_seen, BIT_ULL(cores[i]->index), __ATOMIC_SEQ_CST);
		vcpu_set_core(h, d->vcpu[i], cores[i]);
	}
	for (i = d->nr_vcpus; i-- && !err;)
		err = run_command(cores[i], PCORE_CMD_VCPU_ADD, d->vcpu[i]);
	return err;
}

int hostdom_resume_locked(struct hostdom *h)
{
	struct pcore *cores[PVHV_MAX_VCPUS];
	int err;

	cpu_stay_get();
	err = cores_choose(h, cores, false);
	if (!err) {
		err = cores_add(h, cores);
		cores_release(h, cores);
	}
	cpu_stay_put();
	return err;
}

/* --- end --- */

/* The domain is ENDED on return; the first reason wins, as in domain_kill. */
static void end_declare(struct domain *d, u32 reason, const char *why)
{
	int i;

	if (cmpxchg(&d->reason, PVHV_END_NONE, reason) == PVHV_END_NONE) {
		strscpy(d->msg, why, sizeof(d->msg));
	} else {
		/* A core is before us; it has the message to write, unless it died. */
		for (i = 0; i < END_POLLS; i++) {
			/* pairs with domain_kill's release after the message */
			if (smp_load_acquire(&d->state) == PVHV_DOM_ST_ENDED)
				return;
			usleep_range(END_POLL_US, 2 * END_POLL_US);
		}
	}
	/* after reason and message; pairs with hostdom_info's acquire */
	smp_store_release(&d->state, PVHV_DOM_ST_ENDED);
}

void hostdom_end_locked(struct hostdom *h, u32 reason, const char *why)
{
	struct domain *d = h->dom;

	if (h->stopped)
		return;
	/* First the state: cores then drop their vCPUs' roots as they let go of them. */
	end_declare(d, reason, why);
	hostdom_pause_locked(h);
	vdev_stop_all(h);
	h->stopped = true;
	console_end(h);
	if (h->started)
		pr_info("domain %u (%s) has ended: %s\n", d->id, d->name, d->msg);
}

void hostdom_end(struct hostdom *h, u32 reason, const char *why)
{
	mutex_lock(&h->lock);
	hostdom_end_locked(h, reason, why);
	mutex_unlock(&h->lock);
}

void hostdom_end_work(struct work_struct *work)
{
	struct hostdom *h = container_of(work, struct hostdom, end_work);

	hostdom_end(h, PVHV_END_CORE_LOST, "a core that it ran on stopped answering");
}

/* Under the list's lock, so only asks for the end. */
static void core_lost_one(struct hostdom *h, const void *arg)
{
	const struct pcore *c = arg;

	if (__atomic_load_n(&h->dom->cores_seen, __ATOMIC_SEQ_CST) & BIT_ULL(c->index))
		hostdom_queue_end(h);
}

void hostdom_core_lost(struct pcore *c)
{
	hostdom_for_each(core_lost_one, c);
}

struct core_user {
	struct pcore *core;
	bool *found;
};

static void core_user_one(struct hostdom *h, const void *arg)
{
	const struct core_user *u = arg;

	if (READ_ONCE(h->dom->cores_seen) & BIT_ULL(u->core->index) && !READ_ONCE(h->stopped))
		*u->found = true;
}

bool hostdom_uses_core(struct pcore *c)
{
	bool found = false;
	struct core_user u = { .core = c, .found = &found };

	hostdom_for_each(core_user_one, &u);
	return found;
}

/* What a lost core has seen stays noted: its domains end. */
static void core_forget_one(struct hostdom *h, const void *arg)
{
	const struct pcore *c = arg;

	if (cpu_hostcore(c)->down == CORE_STOPPED)
		__atomic_fetch_and(&h->dom->cores_seen, ~BIT_ULL(c->index), __ATOMIC_SEQ_CST);
}

void hostdom_forget_core(struct pcore *c)
{
	hostdom_for_each(core_forget_one, c);
}

bool hostdom_teardown(struct hostdom *h)
{
	struct pcore *c;
	int err;

	if (!h->started)
		return true;
	if (h->core_lost)
		return false;
	c = hostdom_hold_core(0);
	if (!c)
		return false;
	err = hostdom_slices(h, c, PCORE_CMD_TEARDOWN);
	core_release(c);
	if (err)
		pr_err("domain %u: its page tables could not be torn down: %d\n", h->dom->id, err);
	return !err;
}

/* --- start --- */

/* An address that a guest kernel may use: canonical, upper half, not the hypervisor's. */
static bool kernel_address(u64 va)
{
	return va >> 47 == 0x1ffff && ((va >> 39) & 511) > PVHV_HV_SLOT_LAST;
}

static const char *start_refusal(const struct domain *d, const struct pvhv_dom_start *arg)
{
	u64 map_end = arg->directmap_va + d->max_pages * PAGE_SIZE - 1;

	if (!kernel_address(arg->rip) || !kernel_address(arg->rsp))
		return "rip or rsp is no address of a guest kernel (upper half, above slot 271)";
	if (arg->directmap_va % PAGE_SIZE || !kernel_address(arg->directmap_va) ||
	    map_end < arg->directmap_va)
		return "directmap_va is no place for a direct map";
	if (arg->root_gfn >= d->nr_pages)
		return "root_gfn lies beyond the domain's memory";
	return NULL;
}

static void start_explain(int err, char *msg)
{
	const char *why;

	switch (err) {
	case -EINVAL:
		why = "an entry has bits that are not allowed, or a register is bad";
		break;
	case -EPERM:
	case -ERANGE:
		why = "an entry names a frame that is not the domain's";
		break;
	case -EBUSY:
		why = "a page table is mapped writable, or is used at two levels";
		break;
	case -ETIMEDOUT:
	case -EIO:
		why = "the core stopped; see 'pvhv log'";
		break;
	default:
		why = "the core refused";
	}
	snprintf(msg, PVHV_MSG_MAX, "initial page tables: %s (error %d)", why, -err);
}

/* The registers are there before the state, the state before a core looks. */
static int start_on_cores(struct hostdom *h, struct pcore **cores, char *msg)
{
	struct domain *d = h->dom;
	int err;

	/* From here on frames may have types. */
	h->started = true;
	err = hostdom_slices(h, cores[0], PCORE_CMD_START);
	if (!err) {
		/* pairs with whoever acts on RUNNING */
		smp_store_release(&d->state, PVHV_DOM_ST_RUNNING);
		err = cores_add(h, cores);
	}
	if (err)
		start_explain(err, msg);
	return err;
}

static int start_anywhere(struct hostdom *h, u64 mask, char *msg)
{
	struct pcore *cores[PVHV_MAX_VCPUS];
	int err;
	u32 i;

	for (i = 0; i < h->dom->nr_vcpus; i++)
		h->dom->vcpu[i]->sched.allowed = mask;
	cpu_stay_get();
	err = cores_choose(h, cores, true);
	if (err) {
		snprintf(msg, PVHV_MSG_MAX, mask ?
			 "none of the cores asked for is taken; see 'pvhv cpu list'" :
			 "no core is taken; take one: 'pvhv cpu take CPU'");
	} else {
		err = start_on_cores(h, cores, msg);
		cores_release(h, cores);
	}
	cpu_stay_put();
	/* a core stopped in the midst of it */
	if (h->core_lost || (err && h->dom->state == PVHV_DOM_ST_RUNNING))
		hostdom_end_locked(h, PVHV_END_CORE_LOST, "a core stopped at its start");
	return err;
}

static int hostdom_start_locked(struct hostdom *h, const struct pvhv_dom_start *arg, char *msg)
{
	struct domain *d = h->dom;
	const char *refusal;

	if (h->stopped || d->state != PVHV_DOM_ST_BUILDING) {
		strscpy(msg, "the domain was started already, or has ended", PVHV_MSG_MAX);
		return -EBUSY;
	}
	/* the notifier that says so ends all domains next: under h->lock it finds this one started, or we see it */
	if (cpu_host_is_down()) {
		strscpy(msg, "the host is about to go down", PVHV_MSG_MAX);
		return -EBUSY;
	}
	refusal = start_refusal(d, arg);
	if (refusal) {
		strscpy(msg, refusal, PVHV_MSG_MAX);
		return -EINVAL;
	}
	d->start_rip = arg->rip;
	d->start_rsp = arg->rsp;
	d->start_rsi = arg->rsi;
	d->start_root = domain_p2m(d, GFN(arg->root_gfn));
	d->directmap_va = arg->directmap_va;
	wallclock_set(h);
	return start_anywhere(h, arg->cores, msg);
}

int hostdom_start(struct hostdom *h, const struct pvhv_dom_start *arg, char *msg)
{
	int err;

	mutex_lock(&h->lock);
	err = hostdom_start_locked(h, arg, msg);
	mutex_unlock(&h->lock);
	return err;
}

int hostdom_request(struct hostdom *h, unsigned long what)
{
	struct pvhv_shared_info *s = h->dom->shared[PVHV_SHARED_INFO_PAGE];

	if (what != 1 && what != 2)
		return -EINVAL;
	if (READ_ONCE(h->dom->state) != PVHV_DOM_ST_RUNNING &&
	    READ_ONCE(h->dom->state) != PVHV_DOM_ST_PAUSED)
		return -ESRCH;
	WRITE_ONCE(s->shutdown_request, what);
	hostdom_raise(h, PVHV_PORT_POWER);
	return 0;
}

/* --- information --- */

u64 hostdom_tsc_to_ns(u64 tsc)
{
	return hv.tsc_khz ? mul_u64_u64_div_u64(tsc, USEC_PER_SEC, hv.tsc_khz) : 0;
}

static void info_add_vcpu(struct pvhv_dom_info *out, const struct vcpu *v)
{
	out->run_ns += hostdom_tsc_to_ns(READ_ONCE(v->run_tsc));
	out->ready_ns += hostdom_tsc_to_ns(READ_ONCE(v->ready_tsc));
	out->blocked_ns += hostdom_tsc_to_ns(READ_ONCE(v->blocked_tsc));
	out->switches += READ_ONCE(v->switches);
	out->exits += READ_ONCE(v->exits);
	out->hypercalls += READ_ONCE(v->hypercalls);
	out->faults += READ_ONCE(v->faults);
	out->events += READ_ONCE(v->events);
}

/* Without hostdom.lock: a domain that is busy starting or ending can be looked at. */
void hostdom_info(struct hostdom *h, struct pvhv_dom_info *out)
{
	const struct domain *d = h->dom;
	u32 i;

	memset(out, 0, sizeof(*out));
	out->domid = d->id;
	/* pairs with the release after reason and message, here and on cores */
	out->state = smp_load_acquire(&d->state);
	if (out->state == PVHV_DOM_ST_ENDED) {
		out->reason = d->reason;
		strscpy(out->msg, d->msg, sizeof(out->msg));
	}
	out->pid = pid_vnr(h->pid);
	out->nr_vcpus = d->nr_vcpus;
	out->nr_pages = READ_ONCE(d->nr_pages);
	out->max_pages = d->max_pages;
	out->hv_bytes = domain_mem_hv_pages(h) * PAGE_SIZE;
	strscpy(out->name, d->name, sizeof(out->name));
	out->tsc_khz = hv.tsc_khz;
	out->xcr0 = hv.xcr0;
	out->features = check_tsc_unstable() ? 0 : PVHV_FEAT_TSC_STABLE;
	out->nr_vdevs = READ_ONCE(h->nr_vdevs);
	for (i = 0; i < d->nr_vcpus; i++)
		info_add_vcpu(out, d->vcpu[i]);
}
