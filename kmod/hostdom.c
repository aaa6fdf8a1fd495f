// SPDX-License-Identifier: GPL-2.0
/*
 * Domains on the host: creation, list, lifetime.
 * Side: host.  Context: process.
 *
 * Lifetime.  A domain is its file (domain_ioctl.c). The file's last close
 * calls hostdom_release: the guest is stopped, no core or back end knows its
 * memory any more, the memory goes back to the host. struct hostdom, struct
 * domain, the vCPUs and the shared pages live on until the last reference:
 * console files and control ioctls under way have one. Files hold the module by
 * their fops.owner, and whoever has a reference has a file, so the module
 * outlives all domains.
 *
 * Locks, outer to inner.
 *   hostdom.lock   building (vdevs), start, stop, audit, amount of memory; sleeps for cores and I/O. Never
 *                  held over an access to user memory, which its owner could stall.
 *   doms_lock      list of domains, ids, names. Held while listeners run; no lock above is taken
 *                  below it. After removal from the list no scan sees the domain.
 *   port_lock      per domain: listeners, while they run.
 *   console.lock, and the locks of io/
 *   irq_lock       ports.c: a spin lock, also taken in the doorbell's interrupt
 *   stay_lock      cpu.c, below hostdom.lock: no core is given back while vCPUs are collected or placed.
 *   core_lock      per domain, a spin lock: a vcpu.core that is set stays set while it is held.
 *
 * Cores move vCPUs among themselves (sched/move.c), so vcpu.core is only a hint
 * where to ask. Whoever wants them all off the cores (hostdom_pause_locked)
 * asks the core that vcpu.core names to let go; a core that has it no more says
 * so, and the next one is asked.
 * dom->state: BUILDING -> RUNNING by the host under hostdom.lock. To ENDED by
 * whoever first changes dom->reason from none, a core or the host: it writes the message, then the state.
 */
#define pr_fmt(fmt) "pvhv: " fmt

#include <linux/ctype.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "arch/x86/vcpu.h"
#include "domain_mem.h"
#include "hostdom.h"
#include "hvmap.h"
#include "mm/frame.h"

#define DOM_MIN_PAGES	1024
#define DOM_MAX_PAGES	(1UL << 27)	/* what the P2M window covers */
#define FCW_INIT	0x37f
#define MXCSR_INIT	0x1f80
#define XSAVE_MXCSR	24

static DEFINE_MUTEX(doms_lock);
static LIST_HEAD(doms);
static u32 last_id;
static struct workqueue_struct *end_wq;	/* ends of domains wait for cores and I/O */

/* --- list --- */

struct hostdom *hostdom_find_from(u32 id)
{
	struct hostdom *h, *found = NULL;

	mutex_lock(&doms_lock);
	list_for_each_entry(h, &doms, link) {	/* in the order of ids */
		if (h->dom->id < id)
			continue;
		kref_get(&h->ref);
		found = h;
		break;
	}
	mutex_unlock(&doms_lock);
	return found;
}

struct hostdom *hostdom_find(u32 id)
{
	struct hostdom *h = hostdom_find_from(id);

	if (h && h->dom->id != id) {
		hostdom_put(h);
		h = NULL;
	}
	return h;
}

bool hostdom_any(void)
{
	return !list_empty(&doms);
}

bool hostdom_any_started(void)
{
	struct hostdom *h;
	bool any = false;

	mutex_lock(&doms_lock);
	list_for_each_entry(h, &doms, link)
		any |= h->dom->state == PVHV_DOM_ST_RUNNING ||
		       h->dom->state == PVHV_DOM_ST_PAUSED;
	mutex_unlock(&doms_lock);
	return any;
}

void hostdom_for_each(hostdom_fn f, const void *arg)
{
	struct hostdom *h;

	mutex_lock(&doms_lock);
	list_for_each_entry(h, &doms, link)
		f(h, arg);
	mutex_unlock(&doms_lock);
}

void hostdom_end_all(u32 reason, const char *why)
{
	struct hostdom *h;
	u32 id = 0;

	while ((h = hostdom_find_from(id))) {
		id = h->dom->id + 1;
		hostdom_end(h, reason, why);
		hostdom_put(h);
	}
}

static bool name_taken_locked(const char *name)
{
	struct hostdom *h;

	list_for_each_entry(h, &doms, link)
		if (!strcmp(h->dom->name, name))
			return true;
	return false;
}

static int hostdom_new_id(const char *name, u32 *id, char *msg)
{
	int err = 0;

	mutex_lock(&doms_lock);
	if (name_taken_locked(name)) {
		snprintf(msg, PVHV_MSG_MAX, "there is a domain named '%s'; choose another name",
			 name);
		err = -EINVAL;
	} else if (last_id == U32_MAX) {
		snprintf(msg, PVHV_MSG_MAX, "out of domain ids; load the module anew");
		err = -ENOSPC;
	} else {
		*id = ++last_id;
	}
	mutex_unlock(&doms_lock);
	return err;
}

/* Makes the finished domain public. Sorted by id: creations may overtake each other. */
static int hostdom_publish(struct hostdom *h, char *msg)
{
	struct list_head *at;
	int err = 0;

	mutex_lock(&doms_lock);
	if (name_taken_locked(h->dom->name)) {
		snprintf(msg, PVHV_MSG_MAX,
			 "a domain named '%s' was created meanwhile; choose another name",
			 h->dom->name);
		err = -EINVAL;
	} else {
		list_for_each_prev(at, &doms)
			if (list_entry(at, struct hostdom, link)->dom->id < h->dom->id)
				break;
		list_add(&h->link, at);
	}
	mutex_unlock(&doms_lock);
	if (err)
		return err;
	ports_publish(h);
	wallclock_start();
	return 0;
}

/* --- parts of a domain --- */

static void *dom_alloc(struct domain *d, unsigned int order)
{
	void *p = hvmem_alloc(order);

	if (p)
		d->hv_pages += 1UL << order;
	return p;
}

static void vcpu_free(struct vcpu *v)
{
	if (!v)
		return;
	hvmem_free(v->page, 0);
	hvmem_free(v->args, 0);
	hvmem_free(v->ro, 0);
	hvmem_free(v->xsave, get_order(hv.xsave_size));
	hvmem_free(v, get_order(sizeof(*v)));
}

/* An XSAVE area that loads as the initial state; MXCSR is loaded whatever the header says. */
static void xsave_init(void *area)
{
	*(u16 *)area = FCW_INIT;
	*(u32 *)(area + XSAVE_MXCSR) = MXCSR_INIT;
}

static int vcpu_alloc(struct domain *d, u32 id)
{
	struct vcpu *v = dom_alloc(d, get_order(sizeof(*v)));

	if (!v)
		return -ENOMEM;
	d->vcpu[id] = v;
	v->dom = d;
	v->id = id;
	v->state = VCPU_DOWN;
	v->timer = ~0ULL;
	v->root = MFN_INVALID;
	v->page = dom_alloc(d, 0);
	v->args = dom_alloc(d, 0);
	v->ro = dom_alloc(d, 0);
	v->xsave = dom_alloc(d, get_order(hv.xsave_size));
	if (!v->page || !v->args || !v->ro || !v->xsave)
		return -ENOMEM;
	v->page->vcpu_id = id;
	xsave_init(v->xsave);
	vcpu_init_state(v);
	return 0;
}

static int vcpus_alloc(struct domain *d, u32 nr)
{
	int err = 0;

	/* hostdom_raise and the cores see them all or none: nobody knows the domain yet. */
	for (d->nr_vcpus = 0; d->nr_vcpus < nr && !err; d->nr_vcpus++)
		err = vcpu_alloc(d, d->nr_vcpus);
	return err;
}

static int shared_alloc(struct hostdom *h)
{
	struct domain *d = h->dom;
	int i, err;

	err = window_init(&h->shared_window, PVHV_NR_SHARED_PAGES, true);
	if (err)
		return err;
	d->shared_l3_pa = window_l3_pa(&h->shared_window);
	for (i = 0; i < PVHV_VDEV_PAGE_FIRST; i++) {
		d->shared[i] = dom_alloc(d, 0);
		if (!d->shared[i])
			return -ENOMEM;
		window_set(&h->shared_window, i, d->shared[i]);
	}
	/* most guests have few devices: one page of nothing stands for all others */
	h->no_device = dom_alloc(d, 0);
	if (!h->no_device)
		return -ENOMEM;
	for (; i < PVHV_NR_SHARED_PAGES; i++)
		window_set(&h->shared_window, i, h->no_device);
	return 0;
}

void *hostdom_device_page(struct hostdom *h, unsigned int index)
{
	unsigned int n = PVHV_VDEV_PAGE_FIRST + index;
	struct domain *d = h->dom;
	void *page = d->shared[n];

	if (page)
		return page;
	page = dom_alloc(d, 0);
	if (!page)
		return NULL;
	window_set(&h->shared_window, n, page);
	/* the guest's TLBs may still show it the other one */
	if (h->started)
		hvmem_flush();
	d->shared[n] = page;
	return page;
}

static int p2m_window_alloc(struct hostdom *h)
{
	struct domain *d = h->dom;
	u64 i;
	int err;

	err = window_init(&h->p2m_window, h->mem.p2m_pages, false);
	if (err)
		return err;
	for (i = 0; i < h->mem.p2m_pages; i++)
		window_set(&h->p2m_window, i, d->p2m[i]);
	d->p2m_l3_pa = window_l3_pa(&h->p2m_window);
	return 0;
}

/* What the allocations outside of dom_alloc cost. */
static void hostdom_account(struct hostdom *h)
{
	struct domain *d = h->dom;

	d->hv_pages += 1UL << get_order(sizeof(*d));
	d->hv_pages += 1UL << get_order(sizeof(*h));
	d->hv_pages += CONSOLE_BUF_SIZE / PAGE_SIZE;
	d->hv_pages += h->mem.p2m_pages + (1UL << h->mem.p2m_dir_order);
	d->hv_pages += window_table_pages(&h->p2m_window);
	d->hv_pages += window_table_pages(&h->shared_window);
}

static void hostdom_free_memory(struct hostdom *h, bool checked)
{
	window_exit(&h->p2m_window);
	window_exit(&h->shared_window);
	donate_return(&h->mem, h->dom, checked);
}

static void hostdom_free(struct hostdom *h)
{
	struct domain *d = h->dom;
	int i;

	for (i = 0; i < PVHV_MAX_VCPUS; i++)
		vcpu_free(d->vcpu[i]);
	for (i = 0; i < PVHV_NR_SHARED_PAGES; i++)
		hvmem_free(d->shared[i], 0);
	hvmem_free(h->no_device, 0);
	console_exit(h);
	put_pid(h->pid);
	mmdrop(h->mm);
	hvmem_free(d, get_order(sizeof(*d)));
	kfree(h);
}

static void hostdom_last_put(struct kref *ref)
{
	hostdom_free(container_of(ref, struct hostdom, ref));
}

void hostdom_put(struct hostdom *h)
{
	kref_put(&h->ref, hostdom_last_put);
}

/* --- creation --- */

static bool name_valid(const char *name)
{
	size_t i, len = strnlen(name, PVHV_NAME_MAX);

	if (!len || len == PVHV_NAME_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!isascii(name[i]) || !isprint(name[i]))
			return false;
	return true;
}

static const char *create_refusal(const struct pvhv_dom_create *arg)
{
	u64 max = arg->max_pages ?: arg->nr_pages;

	if (!name_valid(arg->name))
		return "the name must have 1 to 31 printable ASCII characters";
	if (!arg->nr_vcpus || arg->nr_vcpus > PVHV_MAX_VCPUS)
		return "a domain has 1 to 16 vCPUs";
	if (arg->nr_pages < DOM_MIN_PAGES)
		return "a domain needs at least 4 MiB of memory";
	if (arg->nr_pages > max)
		return "more memory at the start than at most";
	if (max > DOM_MAX_PAGES)
		return "a domain has at most 512 GiB of memory";
	return NULL;
}

static struct hostdom *hostdom_alloc(void)
{
	struct hostdom *h = kzalloc(sizeof(*h), GFP_KERNEL_ACCOUNT);

	if (!h)
		return NULL;
	h->dom = hvmem_alloc(get_order(sizeof(*h->dom)));
	if (!h->dom) {
		kfree(h);
		return NULL;
	}
	h->dom->host = h;
	INIT_LIST_HEAD(&h->link);
	INIT_LIST_HEAD(&h->irq_link);
	INIT_LIST_HEAD(&h->mem.list);
	INIT_WORK(&h->end_work, hostdom_end_work);
	kref_init(&h->ref);
	mutex_init(&h->lock);
	mutex_init(&h->port_lock);
	spin_lock_init(&h->core_lock);
	mmgrab(current->mm);
	h->mm = current->mm;
	h->pid = get_pid(task_tgid(current));
	return h;
}

static int hostdom_build(struct hostdom *h, const struct pvhv_dom_create *arg, char *msg)
{
	struct domain *d = h->dom;
	int err;

	strscpy(d->name, arg->name, sizeof(d->name));
	d->nr_pages = arg->nr_pages;
	d->target = arg->nr_pages;
	d->max_pages = arg->max_pages ?: arg->nr_pages;
	err = hostdom_new_id(d->name, &d->id, msg);
	if (!err)
		err = vcpus_alloc(d, arg->nr_vcpus);
	if (!err)
		err = shared_alloc(h);
	if (!err)
		err = console_init(h);
	if (!err)
		err = donate_memory(&h->mem, d, msg);
	if (!err)
		err = p2m_window_alloc(h);
	if (err)
		return err;
	hostdom_account(h);
	domain_mem_init(h);
	wallclock_set(h);
	return hostdom_publish(h, msg);
}

struct hostdom *hostdom_create(const struct pvhv_dom_create *arg, char *msg)
{
	const char *refusal = create_refusal(arg);
	struct hostdom *h;
	int err;

	if (refusal) {
		strscpy(msg, refusal, PVHV_MSG_MAX);
		return ERR_PTR(-EINVAL);
	}
	h = hostdom_alloc();
	if (!h)
		return ERR_PTR(-ENOMEM);
	err = hostdom_build(h, arg, msg);
	if (!err)
		return h;
	if (err == -ENOMEM && !*msg)
		strscpy(msg, "the host is out of memory", PVHV_MSG_MAX);
	hostdom_free_memory(h, true);
	hostdom_free(h);
	return ERR_PTR(err);
}

void hostdom_release(struct hostdom *h)
{
	bool checked;

	hostdom_end(h, PVHV_END_DESTROYED, "its file was closed");
	mutex_lock(&doms_lock);
	list_del_init(&h->link);
	mutex_unlock(&doms_lock);
	ports_withdraw(h);
	/* Nobody finds it any more, so nobody queues this again. */
	cancel_work_sync(&h->end_work);
	domain_mem_exit(h);
	checked = hostdom_teardown(h);
	hostdom_free_memory(h, checked);
	hostdom_put(h);
}

void hostdom_queue_end(struct hostdom *h)
{
	queue_work(end_wq, &h->end_work);
}

int hostdom_init(void)
{
	end_wq = alloc_workqueue("pvhv_end", WQ_UNBOUND, 0);
	return end_wq ? 0 : -ENOMEM;
}

void hostdom_exit(void)
{
	wallclock_exit();
	destroy_workqueue(end_wq);
}
