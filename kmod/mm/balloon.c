// SPDX-License-Identifier: GPL-2.0
/*
 * Frames that a domain gives back and takes: see balloon.h.
 * Side: core, but for what the host calls.  Under the domain's mm_lock; host threads
 * may try for references on a frame that leaves, so it leaves in one exchange.
 */
#include "mm/balloon.h"
#include "mm/alias.h"
#include "mm/frame.h"
#include "mm/lock.h"
#include "mm/pte.h"

static void balloon_set_maps(struct domain *d, gfn_t g, mfn_t m, u64 mfn_of_g, u64 gfn_of_m)
{
	__atomic_store_n(&d->p2m[g.v >> 9][g.v & 511], mfn_of_g, __ATOMIC_RELEASE);
	__atomic_store_n(frame_m2p(m), gfn_of_m, __ATOMIC_RELEASE);
}

static void balloon_push(struct domain *d, mfn_t m)
{
	frame_lookup(m)->io = d->pool_head;
	d->pool_head = m.v + 1;
	d->nr_pool++;
}

/* MFN_INVALID: empty. */
static mfn_t balloon_pop(struct domain *d)
{
	mfn_t m = MFN((u64)d->pool_head - 1);
	struct frame *f;

	if (!d->pool_head)
		return MFN_INVALID;
	f = frame_lookup(m);
	d->pool_head = f->io;
	d->nr_pool--;
	f->io = 0;
	return m;
}

/* The word of a frame that nothing uses but its direct-map entry, if any. */
static u64 balloon_idle_word(const u64 *alias)
{
	if (!alias)
		return FRAME_NONE;
	if (pte_read(alias) & PTE_RW)
		return FW_REF_ONE | FW_COUNT_ONE | FRAME_WRITABLE;
	return FW_REF_ONE;
}

static long balloon_give_locked(struct vcpu *v, gfn_t g)
{
	struct domain *d = v->dom;
	mfn_t m = MFN(domain_p2m(d, g));
	struct frame *f = frame_lookup(m);
	u64 *alias, word;

	if (!f || frame_owner(f) != d->id)
		return -ERANGE;
	alias = alias_find(d, v->root, m);
	word = balloon_idle_word(alias);
	if (!frame_cmpxchg(f, &word, FRAME_GONE))
		return -EBUSY;
	if (alias) {
		pte_write(alias, 0);
		d->mm_dirty = 1;
		v->mm_flush = 1;
	}
	balloon_push(d, m);
	balloon_set_maps(d, g, m, ~0ULL, ~0ULL);
	d->nr_pages--;
	return 0;
}

static long balloon_take_locked(struct domain *d, gfn_t g)
{
	unsigned int i;
	u64 *page;
	mfn_t m;

	if (g.v >= d->max_pages)
		return -ERANGE;
	if (domain_p2m(d, g) != ~0ULL)
		return -EBUSY;
	if (d->nr_pages >= __atomic_load_n(&d->target, __ATOMIC_RELAXED))
		return -ENOMEM;
	m = balloon_pop(d);
	if (m.v == MFN_INVALID.v)
		return -ENOMEM;
	/* nobody writes to it by its old mapping while and after it is cleared */
	mm_flush_if_dirty(d);
	page = mfn_va(m);
	for (i = 0; i < HV_PAGE_SIZE / 8; i++)
		pte_write(&page[i], 0);
	balloon_set_maps(d, g, m, m.v, g.v);
	d->nr_pages++;
	__atomic_store_n(&frame_lookup(m)->word, FRAME_NONE, __ATOMIC_RELEASE);
	return 0;
}

void balloon_chain_add(struct balloon_chain *c, mfn_t m)
{
	frame_lookup(m)->io = c->first;
	c->first = m.v + 1;
	if (!c->nr++)
		c->last = c->first;
}

void balloon_add(struct domain *d, const struct balloon_chain *c)
{
	if (!c->nr)
		return;
	frame_lookup(MFN((u64)c->last - 1))->io = d->pool_head;
	d->pool_head = c->first;
	d->nr_pool += c->nr;
}

u64 balloon_surplus(const struct domain *d)
{
	u64 target = __atomic_load_n(&d->target, __ATOMIC_RELAXED);
	u64 wanted = target > d->nr_pages ? target - d->nr_pages : 0;

	return d->nr_pool > wanted ? d->nr_pool - wanted : 0;
}

unsigned int balloon_collect(struct domain *d, u64 *mfns, unsigned int max)
{
	u64 surplus = balloon_surplus(d);
	unsigned int n;

	for (n = 0; n < max && n < surplus; n++)
		mfns[n] = balloon_pop(d).v;
	return n;
}

void balloon_drain(struct domain *d)
{
	mfn_t m = balloon_pop(d);

	for (; m.v != MFN_INVALID.v; m = balloon_pop(d))
		__atomic_store_n(&frame_lookup(m)->word, FRAME_NONE, __ATOMIC_RELEASE);
}

long balloon_give(struct vcpu *v, gfn_t g)
{
	long ret;

	if (!mm_lock(v->dom))
		return -EIO;
	ret = balloon_give_locked(v, g);
	mm_unlock(v->dom);
	return ret;
}

long balloon_take(struct vcpu *v, gfn_t g)
{
	long ret;

	if (!mm_lock(v->dom))
		return -EIO;
	ret = balloon_take_locked(v->dom, g);
	mm_unlock(v->dom);
	return ret;
}
