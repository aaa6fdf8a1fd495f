// SPDX-License-Identifier: GPL-2.0
/*
 * The machine memory of a domain: taken from the host's page allocator, returned scrubbed.
 * Side: host.  Context: process, sleeps; a domain's creation and its end.
 * Locks: none, no core knows the domain at either time.
 *
 * Chunks of 2 MiB, smaller ones where the host's memory is in pieces. Each is
 * one compound page, charged to the caller's cgroup, and goes back only when
 * the last page reference is dropped. The host keeps a floor for itself.
 */
#define pr_fmt(fmt) "pvhv: " fmt

#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "domain.h"
#include "donate.h"
#include "hvmap.h"
#include "mm/frame.h"
#include "region.h"

#define CHUNK_ORDER	9
#define P2M_LEN		512
#define FLOOR_MIN_MB	128
#define PAGES_PER_MB	(1UL << (20 - PAGE_SHIFT))

static unsigned int host_reserve_mb;
module_param(host_reserve_mb, uint, 0644);
MODULE_PARM_DESC(host_reserve_mb,
		 "MiB of available memory that the host keeps; 0 = 1/16 of its memory, at least 128");

static unsigned long floor_pages(void)
{
	unsigned int mb = READ_ONCE(host_reserve_mb);

	if (mb)
		return mb * PAGES_PER_MB;
	return max(totalram_pages() / 16, FLOOR_MIN_MB * PAGES_PER_MB);
}

/* Can the host spare so many pages? */
static int floor_check(u64 pages, char *msg)
{
	unsigned long avail = max(si_mem_available(), 0L);
	unsigned long floor = floor_pages();

	if (avail >= floor && avail - floor >= pages)
		return 0;
	snprintf(msg, PVHV_MSG_MAX,
		 "%llu MiB asked for; the host has %lu MiB available and keeps %lu MiB: choose less memory, or end something",
		 DIV_ROUND_UP_ULL(pages, PAGES_PER_MB), avail / PAGES_PER_MB, floor / PAGES_PER_MB);
	return -ENOMEM;
}

/* --- P2M --- */

static void p2m_free(struct donation *m, struct domain *d)
{
	u64 i;

	if (!d->p2m)
		return;
	for (i = 0; i < m->p2m_pages; i++)
		hvmem_free(d->p2m[i], 0);
	hvmem_free(d->p2m, m->p2m_dir_order);
	d->p2m = NULL;
	m->p2m_pages = 0;
}

/* For all gfns below max_pages: an entry of ~0 is a hole. */
static int p2m_alloc(struct donation *m, struct domain *d)
{
	u64 n = DIV_ROUND_UP_ULL(d->max_pages, P2M_LEN);

	m->p2m_dir_order = get_order(n * sizeof(*d->p2m));
	d->p2m = hvmem_alloc(m->p2m_dir_order);
	if (!d->p2m)
		return -ENOMEM;
	for (; m->p2m_pages < n; m->p2m_pages++) {
		u64 *page = hvmem_alloc(0);

		if (!page)
			return -ENOMEM;
		memset(page, 0xff, PAGE_SIZE);
		d->p2m[m->p2m_pages] = page;
		cond_resched();
	}
	return 0;
}

/* --- chunks --- */

static void chunk_enter(struct donation *m, struct domain *d, u64 mfn, unsigned int order)
{
	struct region *r = &hv.regions[mfn / HV_CHUNK_FRAMES];
	u64 i, slot = mfn % HV_CHUNK_FRAMES;

	for (i = 0; i < 1UL << order; i++, slot++) {
		u64 gfn = m->pages + i;

		r->frames[slot].word = FRAME_NONE;
		r->frames[slot].io = 0;
		/* From here on the domain may refer to it. */
		__atomic_store_n(&r->frames[slot].owner, d->id, __ATOMIC_RELEASE);
		WRITE_ONCE(r->m2p[slot], gfn);
		d->p2m[gfn / P2M_LEN][gfn % P2M_LEN] = mfn + i;
	}
	m->pages += 1UL << order;
}

static int chunk_add(struct donation *m, struct domain *d, struct page *page, unsigned int order)
{
	u64 mfn = page_to_pfn(page);
	int err;

	err = region_get(mfn);
	if (err)
		return err;
	err = hvmem_map(page, order);
	if (err) {
		region_put(mfn);
		return err;
	}
	list_add_tail(&page->lru, &m->chunks);
	chunk_enter(m, d, mfn, order);
	return 0;
}

/* Nobody owns the frames any more. Returns the number of those that were still in use. */
static unsigned int chunk_leave(u64 mfn, unsigned int order)
{
	struct region *r = &hv.regions[mfn / HV_CHUNK_FRAMES];
	u64 i, slot = mfn % HV_CHUNK_FRAMES;
	unsigned int used = 0;

	for (i = 0; i < 1UL << order; i++, slot++) {
		if (frame_word(&r->frames[slot]) || r->frames[slot].io)
			used++;
		__atomic_store_n(&r->frames[slot].owner, 0, __ATOMIC_RELEASE);
		r->frames[slot].word = FRAME_NONE;
		r->frames[slot].io = 0;
		WRITE_ONCE(r->m2p[slot], ~0ULL);
	}
	return used;
}

static void chunk_free(struct page *page)
{
	unsigned int order = compound_order(page);
	unsigned long i;

	/* The next owner sees nothing of this one. */
	for (i = 0; i < 1UL << order; i++)
		clear_page(page_address(page + i));
	region_put(page_to_pfn(page));
	__free_pages(page, order);
	cond_resched();
}

static struct page *chunk_alloc(unsigned int order)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_COMP;

	return alloc_pages(order ? gfp | __GFP_NORETRY : gfp, order);
}

static int donate_chunks(struct donation *m, struct domain *d, char *msg)
{
	unsigned int order = CHUNK_ORDER;
	struct page *page;
	int err;

	while (m->pages < d->nr_pages) {
		u64 left = d->nr_pages - m->pages;

		if (fatal_signal_pending(current))
			return -EINTR;
		while (1UL << order > left)
			order--;
		/* Others allocate too: look again for every 2 MiB. */
		if (!(m->pages % HV_CHUNK_FRAMES)) {
			err = floor_check(left, msg);
			if (err)
				return err;
		}
		page = chunk_alloc(order);
		if (!page) {
			if (!order)
				return -ENOMEM;
			order--;
			continue;
		}
		err = chunk_add(m, d, page, order);
		if (err) {
			__free_pages(page, order);
			return err;
		}
		cond_resched();
	}
	return 0;
}

int donate_memory(struct donation *m, struct domain *d, char *msg)
{
	int err;

	INIT_LIST_HEAD(&m->chunks);
	err = floor_check(d->nr_pages, msg);
	if (err)
		return err;
	err = p2m_alloc(m, d);
	if (!err)
		err = donate_chunks(m, d, msg);
	if (!err)
		return 0;
	if (err == -ENOMEM && !*msg)
		snprintf(msg, PVHV_MSG_MAX, "the host ran out of memory after %llu of %llu MiB",
			 m->pages / PAGES_PER_MB, d->nr_pages / PAGES_PER_MB);
	donate_return(m, d, true);
	return err;
}

void donate_return(struct donation *m, struct domain *d, bool checked)
{
	struct page *page, *next;
	unsigned long used = 0;

	list_for_each_entry(page, &m->chunks, lru) {
		used += chunk_leave(page_to_pfn(page), compound_order(page));
		hvmem_unmap_noflush(page, compound_order(page));
		cond_resched();
	}
	hvmem_flush();
	list_for_each_entry_safe(page, next, &m->chunks, lru) {
		list_del(&page->lru);
		chunk_free(page);
	}
	if (used && checked)
		pr_err("domain %u: %lu frames were still in use at its end\n", d->id, used);
	m->pages = 0;
	p2m_free(m, d);
}
