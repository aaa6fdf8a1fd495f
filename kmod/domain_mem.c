// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of running domains: targets, donations to their pools, the way back to the host.
 * Side: host.  Context: process.  Locks: hostdom.lock for the domain's list of pages and its target; mm_lock,
 * which cores hold, for its pool.
 *
 * A core may have died with mm_lock held, and nobody may wait for it with preemption off: so
 * we only ever try for it, for a bounded time.
 *
 * What a guest gives back beyond its target is collected by a work item: a core rings for it
 * (hc_memory.c, PVHV_PORT_BALLOON), and it waits a little, to find many at once.
 */
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "domain_mem.h"
#include "hostdom.h"
#include "mm/balloon.h"

#define LOCK_POLLS	20000
#define LOCK_POLL_US	50
#define COLLECT_BATCH	(PAGE_SIZE / sizeof(u64))
#define COLLECT_HOLD	64	/* frames in one stay under mm_lock */
#define COLLECT_DELAY	(HZ / 100)
#define TARGET_MIN	1024

/* Short: interrupts are off until mem_unlock. */
static bool mem_lock(struct domain *d)
{
	unsigned int i;

	for (i = 0; i < LOCK_POLLS; i++) {
		local_irq_disable();
		if (corelock_trylock(&d->mm_lock))
			return true;
		local_irq_enable();
		usleep_range(LOCK_POLL_US, 2 * LOCK_POLL_US);
	}
	return false;
}

static void mem_unlock(struct domain *d)
{
	corelock_unlock(&d->mm_lock);
	local_irq_enable();
}

static bool mem_usable(const struct hostdom *h)
{
	return h->started && !h->stopped && !h->core_lost;
}

/* --- from the pool to the host --- */

/* Up to a page of frame numbers.  0: none, or not now. */
static unsigned int mem_collect_some(struct domain *d, u64 *mfns)
{
	unsigned int n = 0, got;

	do {
		if (!mem_lock(d))
			return n;
		got = balloon_collect(d, mfns + n, COLLECT_HOLD);
		mem_unlock(d);
		n += got;
	} while (got && n + COLLECT_HOLD <= COLLECT_BATCH);
	return n;
}

/* Under hostdom.lock. */
static void mem_collect(struct hostdom *h)
{
	u64 *mfns = (u64 *)__get_free_page(GFP_KERNEL | __GFP_NOFAIL);
	unsigned int n;

	while (mem_usable(h) && (n = mem_collect_some(h->dom, mfns))) {
		donate_withdraw(&h->mem, mfns, n);
		h->mem_given += n;
		cond_resched();
	}
	free_page((unsigned long)mfns);
}

static void mem_work(struct work_struct *w)
{
	struct hostdom *h = container_of(to_delayed_work(w), struct hostdom, mem_work);

	mutex_lock(&h->lock);
	mem_collect(h);
	mutex_unlock(&h->lock);
}

/* PVHV_PORT_BALLOON: a core, or the guest, says that there is something to collect. */
static void mem_notified(struct hostdom *h, unsigned int port, void *arg)
{
	queue_delayed_work(system_unbound_wq, &h->mem_work, COLLECT_DELAY);
}

void domain_mem_init(struct hostdom *h)
{
	struct pvhv_shared_info *s = h->dom->shared[PVHV_SHARED_INFO_PAGE];

	WRITE_ONCE(s->balloon_target, h->dom->target);
	INIT_DELAYED_WORK(&h->mem_work, mem_work);
	hostdom_listen(h, PVHV_PORT_BALLOON, mem_notified, NULL);
}

void domain_mem_exit(struct hostdom *h)
{
	cancel_delayed_work_sync(&h->mem_work);
}

/* --- from the host to the pool --- */

static int mem_donate(struct hostdom *h, u64 pages, char *msg)
{
	struct domain *d = h->dom;
	struct balloon_chain chain;
	struct donation more;
	int err;

	err = donate_prepare(&more, d, pages, &chain, msg);
	if (err)
		return err;
	if (!mem_lock(d)) {
		donate_abort(&more);
		strscpy(msg, "the guest's memory is locked for long; try again", PVHV_MSG_MAX);
		return -EBUSY;
	}
	balloon_add(d, &chain);
	mem_unlock(d);
	h->mem_taken += more.pages;
	donate_commit(&h->mem, &more);
	return 0;
}

static int mem_set_locked(struct hostdom *h, u64 target, char *msg)
{
	struct pvhv_shared_info *s = h->dom->shared[PVHV_SHARED_INFO_PAGE];
	struct domain *d = h->dom;
	u32 state = READ_ONCE(d->state);
	int err = 0;

	if (!mem_usable(h) || (state != PVHV_DOM_ST_RUNNING && state != PVHV_DOM_ST_PAUSED)) {
		strscpy(msg, "the guest does not run", PVHV_MSG_MAX);
		return -ESRCH;
	}
	if (target > h->mem.pages)
		err = mem_donate(h, target - h->mem.pages, msg);
	if (err)
		return err;
	WRITE_ONCE(d->target, target);
	WRITE_ONCE(s->balloon_target, target);
	hostdom_raise(h, PVHV_PORT_BALLOON);
	/* what it has in its pool from before */
	mem_collect(h);
	return 0;
}

int domain_mem_set(struct hostdom *h, u64 target, char *msg)
{
	int err;

	if (target < TARGET_MIN || target > h->dom->max_pages) {
		snprintf(msg, PVHV_MSG_MAX,
			 "%llu KiB asked for; this guest can have 4096 KiB to %llu KiB (its maximum is set before its start)",
			 target * (PAGE_SIZE / 1024), h->dom->max_pages * (PAGE_SIZE / 1024));
		return -EINVAL;
	}
	mutex_lock(&h->lock);
	err = mem_set_locked(h, target, msg);
	mutex_unlock(&h->lock);
	return err;
}

/* --- information --- */

u64 domain_mem_hv_pages(const struct hostdom *h)
{
	return h->dom->hv_pages +
	       REGION_PAGES * DIV_ROUND_UP_ULL(READ_ONCE(h->mem.pages), HV_CHUNK_FRAMES);
}

/* Without hostdom.lock, as hostdom_info. */
void domain_mem_info(const struct hostdom *h, struct pvhv_mem_info *out)
{
	const struct pvhv_shared_info *s = h->dom->shared[PVHV_SHARED_INFO_PAGE];
	const struct domain *d = h->dom;

	out->domid = d->id;
	out->nr_pages = READ_ONCE(d->nr_pages);
	out->target = READ_ONCE(d->target);
	out->max_pages = d->max_pages;
	out->pool = READ_ONCE(d->nr_pool);
	out->hv_bytes = domain_mem_hv_pages(h) * PAGE_SIZE;
	out->guest_reports = READ_ONCE(s->mem_stamp);
	out->guest_free = READ_ONCE(s->mem_free);
	out->guest_available = READ_ONCE(s->mem_available);
	out->guest_refaults = READ_ONCE(s->mem_refaults);
	out->taken = READ_ONCE(h->mem_taken);
	out->given = READ_ONCE(h->mem_given);
}

void domain_mem_host(struct pvhv_mem_host *out)
{
	struct hostdom *h;
	u64 guests = 0;
	u32 id = 0;

	while ((h = hostdom_find_from(id))) {
		id = h->dom->id + 1;
		guests += READ_ONCE(h->mem.pages);
		hostdom_put(h);
	}
	out->total = totalram_pages();
	out->available = max(si_mem_available(), 0L);
	out->floor = donate_floor();
	out->guests = guests;
}
