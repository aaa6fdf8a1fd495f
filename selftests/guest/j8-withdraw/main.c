// SPDX-License-Identifier: GPL-2.0
/*
 * J8 and B21: memory taken from requests that are under way.
 * Attack: many reads queued into a frame; the frame named as page table, as root, while they
 * are under way; queue switched off, device reset; the guest ends in the middle.
 * Must happen: the frame becomes a page table only when no request holds it; what
 * was then accepted is never written by the host.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"

#define VA	0x100000000000UL
#define READS	20
#define ROUNDS	60
#define MAX_ROUNDS 3000

static u64 sum(const u64 *p)
{
	u64 i, s = 0;

	for (i = 0; i < 512; i++)
		s += p[i] != 0;
	return s;
}

/* The disk is full of ones: whatever it reads is no page-table entry of ours. */
static void fill_disk(void)
{
	u64 *page = page_alloc(), s;

	memset(page, 0xff, PAGE);
	for (s = 0; s < 8 * READS; s += 8)
		blk_rw(BLK_T_OUT, s, gpa(page), PAGE);
	page_free(page);
}

static void as_l1(void)
{
	u64 round, i, busy = 0, taken = 0, written = 0, bad = 0;
	u64 l2 = pt_entry(VA + (1UL << 21), 2);

	/* how far the host is when we ask is chance: until both were seen */
	for (round = 0; round < ROUNDS || ((!busy || !taken) && round < MAX_ROUNDS); round++) {
		u64 *page = page_alloc();
		long ret;

		for (i = 0; i < READS; i++)
			blk_queue_rw(3 * i, BLK_T_IN, 8 * i, gpa(page), PAGE);
		blk_kick();
		if (round & 1)
			blk_wait_first(1000);
		/* the disk's ones make it invalid once they are there; cleared again and again */
		for (i = 0; i < 2000; i++) {
			if (try_write((u64)page, 0) == NO_TRAP && (i & 7) == 0)
				memset(page, 0, PAGE);
			ret = hc_mmu_update(l2, page_pte(page, PTE_TABLE));
			busy += ret == -EBUSY;
			bad += ret && ret != -EBUSY && ret != -EINVAL && ret != -ERANGE && ret != -EPERM;
			if (!ret)
				break;
		}
		if (!ret) {
			taken++;
			delay_ms(1);
			written += sum(page) != 0;
			hc_mmu_update(l2, 0);
		}
		blk_wait(READS, 5000);
		page_free(page);
	}
	same(0, bad, "a frame that reads are under way into, as L1 table: -EBUSY, or what its content deserves");
	same(0, written, "no accepted table was written by the host");
	note("%lu times busy, %lu of %lu accepted", busy, taken, round);
	ok(busy > 0, "some were refused because of the reads");
}

static void as_root(void)
{
	u64 round, i, busy = 0, bad = 0;

	for (round = 0; round < ROUNDS; round++) {
		u64 *root = root_new();
		long ret;

		for (i = 0; i < READS; i++)
			blk_queue_rw(3 * i, BLK_T_IN, 8 * i, gpa(root), 512);
		blk_kick();
		ret = root_pin(root);
		busy += ret == -EBUSY;
		if (!ret) {
			u64 before = READ_ONCE(root[0]);

			delay_ms(1);
			bad += READ_ONCE(root[0]) != before;
			bad += root_unpin(root) != 0;
		}
		blk_wait(READS, 5000);
		page_free(root);
	}
	same(0, bad, "the same as a root");
	note("%lu of %u busy", busy, ROUNDS);
}

/* The ring itself and the status page are held, too. */
static void ring_pages(void)
{
	u64 l2 = pt_entry(VA + (1UL << 21), 2);

	same((u64)-EBUSY, hc_mmu_update(l2, page_pte((void *)blk_used, PTE_TABLE)), "the used ring as page table");
	same((u64)-EBUSY, root_pin((u64 *)blk_used), "as root");
	same((u64)-EBUSY, hc_mmu_update(l2, page_pte((void *)blk_desc, PTE_TABLE)), "the descriptors");
	same(0, blk_ctrl(PVHV_VCTRL_QUEUE_OFF, 0), "the queue is switched off");
	memset((void *)blk_used, 0, PAGE);
	same(0, hc_mmu_update(l2, page_pte((void *)blk_used, PTE_TABLE)), "then it can be a page table");
	same(0, hc_mmu_update(l2, 0), "and memory again");
}

static void off_in_flight(void)
{
	u64 *page = page_alloc(), i, round;

	for (round = 0; round < 20; round++) {
		if (blk_init(F_VERSION_1))
			guest_panic("the disk does not start");
		for (i = 0; i < READS; i++)
			blk_queue_rw(3 * i, BLK_T_IN, 8 * i, gpa(page), PAGE);
		blk_kick();
		if (round & 1)
			blk_ctrl(PVHV_VCTRL_QUEUE_OFF, 0);
		else
			blk_ctrl(PVHV_VCTRL_STATUS, 0);
		memset(page, 0, PAGE);
		delay_ms(2);
		if (sum(page))
			break;
	}
	same(20, round, "after QUEUE_OFF or reset with reads under way nothing is written any more");
}

/* Reads without end, into all of the memory that there is, until somebody ends us. */
static void __attribute__((noreturn)) endless(void)
{
	u64 pages[READS], i, n = 0;

	for (i = 0; i < READS; i++)
		pages[i] = gpa(page_alloc());
	ok(true, "reads without end");
	tap_plan();
	for (;;) {
		for (i = 0; i < READS; i++)
			blk_queue_rw(3 * i, BLK_T_IN, 8 * i, pages[(i + n++) % READS], PAGE);
		blk_kick();
		blk_wait(READS, 1000);
	}
}

void test(void)
{
	u64 *page, i;

	map_page(VA, page_alloc(), PTE_KERN);
	same(0, blk_init(F_VERSION_1), "the disk starts");
	fill_disk();
	if (variant("endless") || variant("killed"))
		endless();
	as_l1();
	as_root();
	ring_pages();
	off_in_flight();
	blk_init(F_VERSION_1);
	page = page_alloc();
	for (i = 0; i < READS; i++)
		blk_queue_rw(3 * i, BLK_T_IN, 8 * i, gpa(page), PAGE);
	ok(true, "ends with %u reads under way", READS);
	tap_plan();
	blk_kick();
	hc_sched(PVHV_SCHED_SHUTDOWN, PVHV_SHUTDOWN_POWEROFF);
}
