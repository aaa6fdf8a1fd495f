// SPDX-License-Identifier: GPL-2.0
/*
 * The machine memory of a domain: taken from the host's page allocator, returned scrubbed.
 * Side: host.  Context: process, sleeps.  Locks: none at a domain's creation and its end, when
 * no core knows it; hostdom.lock for the calls on a running one.
 *
 * Taken in chunks of 2 MiB, smaller ones where the host's memory is in pieces, charged to the
 * caller's cgroup. Each page of a chunk is one of its own from then on (split_page), so that the balloon
 * can return it alone. The list of them is the host's, in the pages' own structs: what a core that
 * died has left behind does not matter for what is freed. The host keeps a floor for itself.
 */
#define pr_fmt(fmt) "pvhv: " fmt

#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "domain.h"
#include "donate.h"
#include "hvmap.h"
#include "mm/balloon.h"
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

unsigned long donate_floor(void)
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
	unsigned long floor = donate_floor();

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

/* --- frames --- */

static struct frame *frame_at(u64 mfn)
{
	return &hv.regions[mfn / HV_CHUNK_FRAMES].frames[mfn % HV_CHUNK_FRAMES];
}

/* A frame of the domain in state word; gfn ~0: none yet. */
static void frame_enter(struct domain *d, u64 mfn, u64 word, u64 gfn)
{
	struct frame *f = frame_at(mfn);

	f->word = word;
	f->io = 0;
	/* From here on the domain may refer to it. */
	__atomic_store_n(&f->owner, d->id, __ATOMIC_RELEASE);
	WRITE_ONCE(*frame_m2p(MFN(mfn)), gfn);
}

/* Nobody owns the frame any more.  Was it still in use? */
static bool frame_leave(u64 mfn)
{
	struct frame *f = frame_at(mfn);
	bool used = frame_word(f) || f->io;

	__atomic_store_n(&f->owner, 0, __ATOMIC_RELEASE);
	f->word = FRAME_NONE;
	f->io = 0;
	WRITE_ONCE(*frame_m2p(MFN(mfn)), ~0ULL);
	return used;
}

/* The next gfns, when the domain is made. */
static void enter_gfns(struct donation *m, struct domain *d, u64 mfn, unsigned int n)
{
	u64 gfn = m->pages, i;

	for (i = 0; i < n; i++, gfn++) {
		frame_enter(d, mfn + i, FRAME_NONE, gfn);
		d->p2m[gfn / P2M_LEN][gfn % P2M_LEN] = mfn + i;
	}
}

/* --- pages --- */

static void page_free(struct page *page)
{
	/* The next owner sees nothing of this one. */
	clear_page(page_address(page));
	__free_page(page);
}

/* Maps a chunk for the cores and makes it single pages of the list. */
static int chunk_add(struct donation *m, struct page *page, unsigned int order)
{
	u64 mfn = page_to_pfn(page);
	unsigned int i;
	int err;

	err = region_get(mfn, 1U << order);
	if (err)
		return err;
	err = hvmem_map(page, order);
	if (err) {
		region_put(mfn, 1U << order);
		return err;
	}
	split_page(page, order);
	for (i = 0; i < 1U << order; i++)
		list_add_tail(&page[i].lru, &m->list);
	return 0;
}

static struct page *chunk_alloc(unsigned int order)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN;

	return alloc_pages(order ? gfp | __GFP_NORETRY : gfp, order);
}

/* The largest chunk that there is, of at most left pages; *order is the last one's, and shrinks. */
static struct page *chunk_get(struct donation *m, u64 left, unsigned int *order, int *err)
{
	struct page *page;

	while (1UL << *order > left)
		--*order;
	page = chunk_alloc(*order);
	while (!page && *order)
		page = chunk_alloc(--*order);
	*err = page ? chunk_add(m, page, *order) : -ENOMEM;
	if (!*err)
		return page;
	if (page)
		__free_pages(page, *order);
	return NULL;
}

/* Until m has so many pages.  d: they are its next gfns; NULL: not yet anybody's. */
static int donate_chunks(struct donation *m, struct domain *d, u64 pages, char *msg)
{
	unsigned int order = CHUNK_ORDER;
	u64 look_at = 0;
	int err;

	while (m->pages < pages) {
		struct page *page;

		if (fatal_signal_pending(current))
			return -EINTR;
		/* Others allocate too: look again for every 2 MiB. */
		if (m->pages >= look_at) {
			err = floor_check(pages - m->pages, msg);
			if (err)
				return err;
			look_at = m->pages + HV_CHUNK_FRAMES;
		}
		page = chunk_get(m, pages - m->pages, &order, &err);
		if (!page)
			return err;
		if (d)
			enter_gfns(m, d, page_to_pfn(page), 1U << order);
		m->pages += 1U << order;
		cond_resched();
	}
	return 0;
}

/* All of m, which no core can reach any more but by its map. */
static void donate_free_pages(struct donation *m)
{
	struct page *page, *next;

	list_for_each_entry(page, &m->list, lru) {
		hvmem_unmap_all_noflush(page);
		cond_resched();
	}
	hvmem_flush();
	list_for_each_entry_safe(page, next, &m->list, lru) {
		list_del(&page->lru);
		region_put(page_to_pfn(page), 1);
		page_free(page);
		cond_resched();
	}
	m->pages = 0;
}

static void donate_explain(int err, u64 got, u64 asked, char *msg)
{
	if (err == -ENOMEM && !*msg)
		snprintf(msg, PVHV_MSG_MAX, "the host ran out of memory after %llu of %llu MiB",
			 got / PAGES_PER_MB, asked / PAGES_PER_MB);
}

int donate_memory(struct donation *m, struct domain *d, char *msg)
{
	int err;

	INIT_LIST_HEAD(&m->list);
	err = floor_check(d->nr_pages, msg);
	if (err)
		return err;
	err = p2m_alloc(m, d);
	if (!err)
		err = donate_chunks(m, d, d->nr_pages, msg);
	if (!err)
		return 0;
	donate_explain(err, m->pages, d->nr_pages, msg);
	donate_return(m, d, true);
	return err;
}

void donate_return(struct donation *m, struct domain *d, bool checked)
{
	unsigned long used = 0;
	struct page *page;

	list_for_each_entry(page, &m->list, lru) {
		used += frame_leave(page_to_pfn(page));
		cond_resched();
	}
	donate_free_pages(m);
	if (used && checked)
		pr_err("domain %u: %lu frames were still in use at its end\n", d->id, used);
	p2m_free(m, d);
}

/* --- while it runs --- */

int donate_prepare(struct donation *more, struct domain *d, u64 pages, struct balloon_chain *chain,
		   char *msg)
{
	struct page *page;
	int err;

	INIT_LIST_HEAD(&more->list);
	more->pages = 0;
	err = donate_chunks(more, NULL, pages, msg);
	if (err) {
		donate_explain(err, more->pages, pages, msg);
		donate_free_pages(more);
		return err;
	}
	*chain = (struct balloon_chain){};
	list_for_each_entry(page, &more->list, lru) {
		u64 mfn = page_to_pfn(page);

		frame_enter(d, mfn, FRAME_GONE, ~0ULL);
		balloon_chain_add(chain, MFN(mfn));
		cond_resched();
	}
	return 0;
}

void donate_commit(struct donation *m, struct donation *more)
{
	list_splice_tail(&more->list, &m->list);
	m->pages += more->pages;
}

void donate_abort(struct donation *more)
{
	struct page *page;

	list_for_each_entry(page, &more->list, lru) {
		frame_leave(page_to_pfn(page));
		cond_resched();
	}
	donate_free_pages(more);
}

void donate_withdraw(struct donation *m, const u64 *mfns, unsigned int n)
{
	unsigned int i;

	/* After this no vCPU has a TLB entry on them, no core is in the middle of a walk that found one. */
	hvmem_flush();
	for (i = 0; i < n; i++)
		hvmem_unmap_one_noflush(pfn_to_page(mfns[i]));
	hvmem_flush();
	for (i = 0; i < n; i++) {
		struct page *page = pfn_to_page(mfns[i]);

		frame_leave(mfns[i]);
		region_put(mfns[i], 1);
		list_del(&page->lru);
		page_free(page);
	}
	m->pages -= n;
}
