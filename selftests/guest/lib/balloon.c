// SPDX-License-Identifier: GPL-2.0
/*
 * A balloon: see balloon.h.
 * Side: guest.
 */
#include "balloon.h"
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"

#define OWN_PAGES	96	/* page tables of the direct map, and the test's */
#define BATCH		256

static u64 pattern(u64 gfn, unsigned int word)
{
	return (gfn << 32 | word) * 0x9e3779b97f4a7c15UL;
}

static bool held(u64 gfn)
{
	return gfn_mfn(gfn) != ~0UL;
}

static bool filled(u64 gfn)
{
	const u64 *w = gfn_page(gfn);
	unsigned int i;

	for (i = 0; i < 512; i++)
		if (w[i] != pattern(gfn, i))
			return false;
	return true;
}

static void fill(struct balloon *b, u64 gfn)
{
	u64 *w = gfn_page(gfn), bits = 0;
	unsigned int i;

	for (i = 0; i < 512; i++) {
		bits |= w[i];
		w[i] = pattern(gfn, i);
	}
	b->dirty += bits != 0;
}

void balloon_init(struct balloon *b)
{
	u64 g;

	b->first = start_info->first_free_gfn + OWN_PAGES;
	b->end = start_info->max_pages;
	b->have = start_info->nr_pages;
	b->at = b->first;
	for (g = b->first; g < start_info->nr_pages; g++)
		fill(b, g);
	b->dirty = 0;
}

/* The next n gfns that are held, or holes, into gfns[]; the number. */
static u64 choose(struct balloon *b, bool want_held, u64 *gfns, u64 n)
{
	u64 looked, i = 0;

	for (looked = b->first; looked < b->end && i < n; looked++) {
		u64 g = b->at++;

		if (b->at >= b->end)
			b->at = b->first;
		if (held(g) == want_held)
			gfns[i++] = g;
	}
	return i;
}

/* How many of gfns[n] were done. */
static u64 change(u64 op, const u64 *gfns, u64 n)
{
	u64 i;
	long ret;

	events_off();
	for (i = 0; i < n; i++)
		arg_page[i] = gfns[i];
	ret = hypercall(PVHV_HC_MEMORY, op, n, 0);
	i = ret < 0 ? arg_page[0] : (u64)ret;
	events_on();
	return i;
}

u64 balloon_give(struct balloon *b, u64 n)
{
	u64 gfns[BATCH], done, i;

	n = choose(b, true, gfns, n < BATCH ? n : BATCH);
	for (i = 0; i < n; i++)
		b->lost += !filled(gfns[i]);
	done = change(PVHV_MEM_DECREASE, gfns, n);
	if (done != n)
		guest_panic("frame %lu is not taken back", gfns[done]);
	b->have -= done;
	b->moved += done;
	return done;
}

u64 balloon_take(struct balloon *b, u64 n)
{
	u64 gfns[BATCH], done, i;
	long ret;

	n = choose(b, false, gfns, n < BATCH ? n : BATCH);
	done = change(PVHV_MEM_INCREASE, gfns, n);
	for (i = 0; i < done; i++) {
		ret = map_level((u64)gfn_page(gfns[i]), 1,
				gfn_mfn(gfns[i]) * PAGE | PTE_KERN | PTE_NX);
		if (ret)
			guest_panic("frame %lu cannot be mapped: %ld", gfns[i], ret);
		fill(b, gfns[i]);
	}
	b->have += done;
	b->moved += done;
	return done;
}

void balloon_check(struct balloon *b)
{
	u64 g;

	for (g = b->first; g < b->end; g++)
		b->lost += held(g) && !filled(g);
}
