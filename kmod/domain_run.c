// SPDX-License-Identifier: GPL-2.0
/*
 * Running a domain on the taken cores: start, end, accounts.
 * Side: host.  Context: process; sleeps for answers of cores.
 * Locks: hostdom.lock throughout; see hostdom.c.
 *
 * A vCPU's core stays the same from start to end and is held (core_hold), so
 * it cannot be given back. All cores that ever knew the domain are therefore
 * those of its vCPUs. A core that is lost has got its INIT before we
 * hear of it: it touches no memory any more, but may have died in the middle of
 * anything, so its domains' types and locks are not looked at again.
 */
#define pr_fmt(fmt) "pvhv: " fmt

#include <asm/tsc.h>
#include <linux/delay.h>
#include <linux/math64.h>
#include <linux/pid.h>
#include <linux/sched.h>

#include "cpu.h"
#include "domain_mem.h"
#include "hostdom.h"
#include "io/vdev.h"

#define END_POLLS	1000
#define END_POLL_US	100

static int run_command(struct pcore *c, u32 cmd, const void *arg)
{
	s64 ret = 0;
	int err = core_command(c, cmd, (unsigned long)arg, &ret);

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

/* The vCPUs are on no core's run queue. */
static void cores_release(struct hostdom *h)
{
	struct domain *d = h->dom;
	u32 i;

	for (i = 0; i < d->nr_vcpus; i++) {
		struct pcore *c = d->vcpu[i]->core;

		if (!c)
			continue;
		vcpu_set_core(h, d->vcpu[i], NULL);
		core_release(c);
	}
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

static int cores_choose(struct hostdom *h, u64 mask, char *msg)
{
	struct domain *d = h->dom;
	struct pcore *c;
	u32 i;

	for (i = 0; i < d->nr_vcpus; i++) {
		c = hostdom_hold_core(mask);
		if (!c) {
			snprintf(msg, PVHV_MSG_MAX, mask ?
				 "none of the cores asked for is taken; see 'pvhv cpu list'" :
				 "no core is taken; take one: 'pvhv cpu take CPU'");
			cores_release(h);
			return -ENODEV;
		}
		vcpu_set_core(h, d->vcpu[i], c);
	}
	return 0;
}

static int cores_command(struct hostdom *h, u32 cmd, bool vcpus)
{
	struct domain *d = h->dom;
	int err = 0, e;
	u32 i;

	for (i = 0; i < d->nr_vcpus; i++) {
		struct vcpu *v = d->vcpu[i];

		if (!v->core)
			continue;
		e = core_command(v->core, cmd, (unsigned long)(vcpus ? (void *)v : d), NULL);
		err = err ?: e;
	}
	return err;
}

/*
 * No core runs the domain or holds a root of it on return. Cores keep their
 * vCPUs until all are removed: a sibling that still runs may wake them.
 */
void hostdom_pause_locked(struct hostdom *h)
{
	int err = cores_command(h, PCORE_CMD_VCPU_REMOVE, true);

	err = cores_command(h, PCORE_CMD_DOM_FORGET, false) ?: err;
	if (err)
		h->core_lost = true;
}

/* vCPU 0 last: it finds the others where it can wake them. */
int hostdom_resume_locked(struct hostdom *h)
{
	struct domain *d = h->dom;
	int err = 0;
	u32 i;

	for (i = d->nr_vcpus; i-- && !err;)
		err = run_command(d->vcpu[i]->core, PCORE_CMD_VCPU_ADD, d->vcpu[i]);
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
	cores_release(h);
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
static void core_lost_one(struct hostdom *h, const void *c)
{
	bool here = false;
	unsigned long flags;
	u32 i;

	spin_lock_irqsave(&h->core_lock, flags);
	for (i = 0; i < h->dom->nr_vcpus; i++)
		here |= h->dom->vcpu[i]->core == c;
	spin_unlock_irqrestore(&h->core_lock, flags);
	if (here)
		hostdom_queue_end(h);
}

void hostdom_core_lost(struct pcore *c)
{
	hostdom_for_each(core_lost_one, c);
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
	do {
		err = run_command(c, PCORE_CMD_TEARDOWN, h->dom);
		cond_resched();
	} while (err == -EAGAIN);
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

static int start_on_cores(struct hostdom *h, char *msg)
{
	struct domain *d = h->dom;
	s64 ret = 0;
	int err;

	/* From here on frames may have types. */
	h->started = true;
	err = core_command(d->vcpu[0]->core, PCORE_CMD_START, (unsigned long)d, &ret);
	if (!err && ret) {
		start_explain(ret, msg);
		cores_release(h);
		return ret;
	}
	if (!err) {
		/* The registers before the state; pairs with whoever acts on RUNNING. */
		smp_store_release(&d->state, PVHV_DOM_ST_RUNNING);
		err = hostdom_resume_locked(h);
	}
	if (err) {
		start_explain(err, msg);
		hostdom_end_locked(h, PVHV_END_CORE_LOST, "a core stopped at its start");
	}
	return err;
}

static int hostdom_start_locked(struct hostdom *h, const struct pvhv_dom_start *arg, char *msg)
{
	struct domain *d = h->dom;
	const char *refusal;
	int err;

	if (h->stopped || d->state != PVHV_DOM_ST_BUILDING) {
		strscpy(msg, "the domain was started already, or has ended", PVHV_MSG_MAX);
		return -EBUSY;
	}
	refusal = start_refusal(d, arg);
	if (refusal) {
		strscpy(msg, refusal, PVHV_MSG_MAX);
		return -EINVAL;
	}
	err = cores_choose(h, arg->cores, msg);
	if (err)
		return err;
	d->start_rip = arg->rip;
	d->start_rsp = arg->rsp;
	d->start_rsi = arg->rsi;
	d->start_root = domain_p2m(d, GFN(arg->root_gfn));
	d->directmap_va = arg->directmap_va;
	wallclock_set(h);
	return start_on_cores(h, msg);
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
	if (READ_ONCE(h->dom->state) != PVHV_DOM_ST_RUNNING)
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
