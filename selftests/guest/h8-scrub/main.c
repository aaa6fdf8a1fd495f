// SPDX-License-Identifier: GPL-2.0
/*
 * H8 (XSA-100, 364, 372), B9: memory of a guest that is gone.
 * Attack: 'crash' and 'reads' fill all their memory with a mark, gave some of it back before, and end by a crash, or
 * by SIGKILL for their process with reads of marks under way; 'look', which the
 * host then gives the same memory, searches all of it, and what it takes later.
 * Must happen: the mark is nowhere.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define MARK	0x0ddba11c0ffeeUL
#define GIVE	256

/* One more than it: who searches must not have it in memory or in a register. */
static const volatile u64 after_mark = MARK + 1;

static void fill(u64 from, u64 to)
{
	u64 g, i, mark = after_mark - 1;

	for (g = from; g < to; g++)
		for (i = 0; i < 512; i++)
			((u64 *)gfn_page(g))[i] = mark;
}

static u64 marks(u64 from, u64 to)
{
	u64 g, i, n = 0;

	for (g = from; g < to; g++)
		for (i = 0; i < 512; i++)
			n += READ_ONCE(((u64 *)gfn_page(g))[i]) + 1 == after_mark;
	return n;
}

static u64 give_some(void)
{
	u64 i, bad = 0;

	for (i = 1; i <= GIVE; i++) {
		arg_page[0] = start_info->nr_pages - i;
		bad += hypercall(PVHV_HC_MEMORY, PVHV_MEM_DECREASE, 1, 0) != 1;
	}
	return bad;
}

static void reads(u64 free)
{
	unsigned int i;
	u64 s;

	if (!same(0, blk_init(F_VERSION_1), "the disk"))
		return;
	for (s = 0; s < 64; s += 8)
		blk_rw(BLK_T_OUT, s, free * PAGE, PAGE);
	ok(true, "reads of marks until the end");
	tap_plan();
	for (;;) {
		for (i = 0; i < 16; i++)
			blk_queue_rw(3 * i, BLK_T_IN, 8 * (i % 8), (free + i) * PAGE, PAGE);
		blk_kick();
		blk_wait(16, 5000);
	}
}

static void look(void)
{
	u64 n = start_info->nr_pages, i, bad = give_some();

	/* the frames that it has at the start, and new ones in the place of what it gave */
	for (i = 1; i <= GIVE; i++) {
		arg_page[0] = n - i;
		bad += hypercall(PVHV_HC_MEMORY, PVHV_MEM_INCREASE, 1, 0) != 1;
		bad += direct_set(gfn_page(n - i), PTE_KERN) != 0;
	}
	same(0, bad, "%u frames go and come", GIVE);
	same(0, marks(0, n), "nothing of those who had this memory before, in %lu frames", n);
}

void test(void)
{
	u64 free = start_info->first_free_gfn + 64, n = start_info->nr_pages;

	if (variant("look")) {
		look();
		return;
	}
	fill(free, n);
	same((n - free) * 512, marks(free, n), "all its memory has the mark");
	if (variant("reads"))
		reads(free);
	same(0, give_some(), "%u frames of it go back", GIVE);
	tap_plan();
	trap_remove_all();
	asm volatile("ud2");
}
