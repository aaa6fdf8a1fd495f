// SPDX-License-Identifier: GPL-2.0
/*
 * B9, B10 (XSA-214, 287), B11 (XSA-242), E8: one frame, many uses at once, on three cores.
 * Attack: vCPU 1 gives frames back, takes them again and maps them, while vCPU 0 has the disk read into the same
 * frames, maps them a second time, makes them page tables and roots, and vCPU 2 makes them page tables; all change
 * entries of the same L1 table. 'endless': until the user ends it; 'crash': the guest dies in the midst of it.
 * Must happen: each call does all or nothing; what was given and taken again is zero and of no type;
 * the audit (at the end, by the runner) counts what is there; the domain goes.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "mm.h"
#include "smp.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"

#define FRAMES	8
#define VA	0x100000000000UL
#define MS	5000	/* at least, and until enough has met */
#define MOST_MS	40000
#define CRASH_MS 2000
#define MARK	0xb10b10UL
#define SLOTS	16	/* of the L1 table that all change */

static u64 first;
static volatile u64 given, busy, dirty, odd, tables;
static u64 state[3] = { 1, 2, 3 };

static u64 rnd(unsigned int who, u64 n)
{
	state[who] = state[who] * 6364136223846793005UL + 1442695040888963407UL;
	return (state[who] >> 33) % n;
}

static u64 *frame_page(u64 i)
{
	return gfn_page(first + i);
}

static u64 leaf(u64 i, u64 flags)
{
	u64 mfn = gfn_mfn(first + i);

	return mfn == ~0UL ? 0 : mfn * PAGE | flags;
}

static long change(u64 op, u64 i)
{
	arg_page[0] = first + i;
	return hypercall(PVHV_HC_MEMORY, op, 1, 0);
}

/* A frame that came back has no mapping: that of the direct map is made again, and shows zeros. */
static void take(u64 i)
{
	const u64 *page = frame_page(i);
	u64 bits = 0;
	unsigned int w;
	long ret;

	if (change(PVHV_MEM_INCREASE, i) != 1) {
		odd++;
		return;
	}
	/* the other one may have made it a page table already, for a moment */
	while ((ret = direct_set(page, PTE_KERN)) == -EBUSY)
		asm volatile("pause");
	if (ret) {
		odd++;
		return;
	}
	for (w = 0; w < 512; w += 5)
		bits |= READ_ONCE(page[w]);
	/* the disk is full of the mark: reads into it may have begun anew */
	dirty += bits != 0 && bits != MARK;
}

static void shared_slot(unsigned int who)
{
	hc_update_va(VA + rnd(who, SLOTS) * PAGE,
		     rnd(who, 2) ? leaf(rnd(who, FRAMES), rnd(who, 2) ? PTE_KERN : PTE_KERN_RO) : 0);
}

static void giver(void)
{
	while (!smp_stop) {
		u64 i = rnd(1, FRAMES);
		long ret = change(PVHV_MEM_DECREASE, i);

		if (ret == 1) {
			given++;
			if (rnd(1, 4) == 0)
				shared_slot(1);
			take(i);
		} else {
			busy++;
			odd += ret != -EBUSY;
		}
		shared_slot(1);
	}
}

/* As an L1 table for a moment, in a place of vCPU who. */
static void as_table(unsigned int who, u64 i)
{
	u64 at = pt_entry(VA + ((2UL + who) << 21), 2);

	if (!hc_mmu_update(at, leaf(i, PTE_TABLE)))
		odd += hc_mmu_update(at, 0) != 0;
}

static void third(void)
{
	while (!smp_stop) {
		as_table(2, rnd(2, FRAMES));
		shared_slot(2);
		tables++;
	}
}

static void as_root(u64 i)
{
	u64 mfn = gfn_mfn(first + i);

	if (!hc_mmu_op(PVHV_MMU_PIN, mfn))
		odd += hc_mmu_op(PVHV_MMU_UNPIN, mfn) != 0;
}

static void reads(void)
{
	unsigned int i;

	/* a frame that is away just then may break the ring */
	if (blk_broken())
		odd += blk_init(F_VERSION_1) != 0;
	else if ((u16)(blk_used->idx - blk_seen) >= 4)
		blk_seen += 4;
	else
		return;
	for (i = 0; i < 4; i++)
		blk_queue_rw(3 * i, BLK_T_IN, 8 * i, (first + rnd(0, FRAMES)) * PAGE, PAGE);
	blk_kick();
}

static void user(u64 turns)
{
	u64 i = rnd(0, FRAMES);

	switch (turns % 5) {
	case 0:
		as_table(0, i);
		break;
	case 1:
		/* what the disk put there is no page table */
		if (try_write((u64)frame_page(i), 0) == NO_TRAP)
			as_root(i);
		break;
	case 2:
		reads();
		break;
	default:
		shared_slot(0);
	}
}

static bool prepare(void)
{
	u64 *page = page_alloc(), s, bad = 0;
	unsigned int i;

	first = start_info->nr_pages - FRAMES;
	if (!same(0, blk_init(F_VERSION_1), "the disk"))
		return false;
	for (i = 0; i < 512; i++)
		page[i] = MARK;
	for (s = 0; s < 64; s += 8)
		bad += blk_rw(BLK_T_OUT, s, gpa(page), PAGE) != BLK_S_OK;
	map_page(VA, page, PTE_KERN_RO);
	unmap_page(VA);
	for (i = 0; i < 4; i++)
		blk_queue_rw(3 * i, BLK_T_IN, 8 * i, gpa(page), PAGE);
	blk_kick();
	same(0, bad, "is full of marks");
	same(0, smp_start(giver), "vCPU 1 starts");
	same(0, smp_start_more(2, third), "vCPU 2, too");
	return ok(smp_wait(5000), "and they run");
}

/* All uses end: each frame is of no type, can be a page table and be given. */
static void quiet(void)
{
	u64 i, bad = 0;

	for (i = 0; i < SLOTS; i++)
		bad += hc_update_va(VA + i * PAGE, 0) != 0;
	blk_ctrl(PVHV_VCTRL_STATUS, 0);
	for (i = 0; i < FRAMES; i++) {
		u64 *page = frame_page(i);

		if (try_write((u64)page, 0) != NO_TRAP)
			bad++;
		else
			memset(page, 0, PAGE);
		bad += hc_mmu_update(pt_entry(VA + (2UL << 21), 2), leaf(i, PTE_TABLE)) != 0;
		bad += hc_mmu_update(pt_entry(VA + (2UL << 21), 2), 0) != 0;
		bad += change(PVHV_MEM_DECREASE, i) != 1;
	}
	same(0, bad, "in the end each frame is of no use, a table, and given");
}

static bool enough(void)
{
	return tables > 100 && given > 100 && busy > 10;
}

void test(void)
{
	u64 begin = rdtsc(), end, turns = 0;

	if (!prepare())
		return;
	end = rdtsc() + (variant("crash") ? CRASH_MS : MS) * ticks_per_ms();
	if (variant("endless")) {
		tap_plan();
		end = ~0UL;
	}
	for (; rdtsc() < end; turns++)
		user(turns);
	if (variant("crash")) {
		ok(given > 10, "it dies with all under way");
		tap_plan();
		trap_remove_all();
		asm volatile("ud2");
	}
	for (; !enough() && rdtsc() - begin < MOST_MS * ticks_per_ms(); turns++)
		user(turns);
	ok(smp_end(5000), "they end");
	note("%lu and %lu uses; %lu times given, %lu times busy", turns, tables, given, busy);
	ok(enough(), "frames were given, and refused while they were in use");
	same(0, odd, "no call did half of it, or said what is not so");
	same(0, dirty, "what was taken again was zero");
	quiet();
}
