// SPDX-License-Identifier: GPL-2.0
/*
 * J8 and B21: memory taken from requests that are under way.
 * Attack: many reads queued into a frame; the frame named as page table, as root, while they
 * are under way; queue switched off, device reset; seven full rings, nearly 900 reads, whose frames go to the
 * balloon and come back; the guest ends in the middle, or is ended, with one ring ('endless', 'killed') or all ('full...').
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
#define RINGS	7
#define SLOTS	128
#define TARGETS	256
#define FULL_ROUNDS 10

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

/* A queue of the full size; each of its slots has an indirect table of header, page and status. */
static struct ring {
	volatile struct blk_desc *desc;
	volatile u16 *avail, *used;	/* [1]: the index */
	struct blk_desc *table[2];
	u8 *mem;
} rings[RINGS];

static long ring_on(unsigned int q)
{
	struct ring *r = &rings[q];

	r->desc = page_alloc();
	r->avail = page_alloc();
	r->used = page_alloc();
	r->table[0] = page_alloc();
	r->table[1] = page_alloc();
	r->mem = page_alloc();
	blk_page->queue[q].size = SLOTS;
	blk_page->queue[q].desc = gpa((void *)r->desc);
	blk_page->queue[q].avail = gpa((void *)r->avail);
	blk_page->queue[q].used = gpa((void *)r->used);
	return blk_ctrl(PVHV_VCTRL_QUEUE_ON, q);
}

static volatile u8 *ring_status(unsigned int q, unsigned int slot)
{
	return rings[q].mem + 32 * slot + 16;
}

/* All slots: reads into the last TARGETS frames. */
static void ring_post(unsigned int q, u64 round)
{
	u64 first = start_info->nr_pages - TARGETS;
	struct ring *r = &rings[q];
	unsigned int i;

	for (i = 0; i < SLOTS; i++) {
		struct blk_desc *t = r->table[i / 64] + 3 * (i % 64);
		struct blk_hdr *h = (struct blk_hdr *)(r->mem + 32 * i);

		*h = (struct blk_hdr){ .type = BLK_T_IN, .sector = 8 * (i % READS) };
		*ring_status(q, i) = BLK_NO_ANSWER;
		t[0] = (struct blk_desc){ gpa(h), sizeof(*h), DESC_NEXT, 1 };
		t[1] = (struct blk_desc){ (first + (q * SLOTS + i + round) % TARGETS) * PAGE, PAGE,
					  DESC_NEXT | DESC_WRITE, 2 };
		t[2] = (struct blk_desc){ gpa((u8 *)ring_status(q, i)), 1, DESC_WRITE, 0 };
		r->desc[i].addr = gpa(t);
		r->desc[i].len = 3 * sizeof(*t);
		r->desc[i].flags = DESC_INDIRECT;
		r->avail[2 + i] = i;
	}
	barrier();
	r->avail[1] += SLOTS;
	hc_notify(PVHV_PORT_DEV_QUEUE(0, q));
}

/* Waits for a first answer. */
static void rings_begun(u64 ms)
{
	u64 end = rdtsc() + ms * ticks_per_ms();
	u16 before = rings[0].used[1];

	while (rings[0].used[1] == before && rdtsc() < end)
		hc_sched(PVHV_SCHED_YIELD, 0);
}

static bool rings_answered(u64 ms)
{
	u64 end = rdtsc() + ms * ticks_per_ms();
	unsigned int q;

	for (q = 0; q < RINGS; q++) {
		while (rings[q].used[1] != rings[q].avail[1]) {
			if (rdtsc() > end || blk_broken())
				return false;
			hc_sched(PVHV_SCHED_YIELD, 0);
		}
	}
	return true;
}

static long balloon(u64 op, u64 gfn)
{
	arg_page[0] = gfn;
	return hypercall(PVHV_HC_MEMORY, op, 1, 0);
}

/* Each target to the balloon and back, if no read holds it. */
static void withdraw(u64 *given, u64 *busy, u64 *odd)
{
	u64 gfn;

	for (gfn = start_info->nr_pages - TARGETS; gfn < start_info->nr_pages; gfn++) {
		long ret = balloon(PVHV_MEM_DECREASE, gfn);

		if (ret != 1) {
			++*busy;
			*odd += ret != -EBUSY;
			continue;
		}
		++*given;
		*odd += balloon(PVHV_MEM_INCREASE, gfn) != 1;
		*odd += direct_set(gfn_page(gfn), PTE_KERN) != 0;
	}
}

static void full(void)
{
	u64 round, given = 0, busy = 0, odd = 0, failed = 0;
	bool answered = false;
	unsigned int q, i;
	long bad = blk_init(F_VERSION_1 | F_INDIRECT | F_BLK_MQ);

	for (q = 0; q < RINGS && !bad; q++) {
		if (!q)
			bad = blk_ctrl(PVHV_VCTRL_QUEUE_OFF, 0);
		bad |= ring_on(q);
	}
	if (!same(0, bad, "%u rings", RINGS))
		return;
	if (!variant("")) {
		ok(true, "reads without end in all of them");
		tap_plan();
	}
	/* how far the host is when we ask is chance: until both were seen */
	for (round = 0; round < FULL_ROUNDS || !variant("") || ((!given || !busy) && round < MAX_ROUNDS); round++) {
		for (q = 0; q < RINGS; q++)
			ring_post(q, round);
		if (round & 1)
			rings_begun(1000);
		withdraw(&given, &busy, &odd);
		answered = rings_answered(30000);
		if (!answered)
			break;
		for (q = 0; q < RINGS; q++) {
			for (i = 0; i < SLOTS; i++) {
				u8 status = *ring_status(q, i);

				failed += status == BLK_S_IOERR;
				odd += status != BLK_S_OK && status != BLK_S_IOERR;
			}
		}
	}
	ok(answered, "%u reads at once are all answered, while their frames come and go", RINGS * SLOTS);
	same(0, odd, "what a read holds stays, each call does all or nothing");
	ok(given && busy, "%lu frames went, %lu were busy; %lu reads failed", given, busy, failed);
}

void test(void)
{
	u64 *page, i;

	map_page(VA, page_alloc(), PTE_KERN);
	same(0, blk_init(F_VERSION_1), "the disk starts");
	fill_disk();
	if (variant("endless") || variant("killed"))
		endless();
	if (variant("full-endless") || variant("full-killed")) {
		full();
		return;
	}
	as_l1();
	as_root();
	ring_pages();
	off_in_flight();
	full();
	blk_init(F_VERSION_1);
	page = page_alloc();
	for (i = 0; i < READS; i++)
		blk_queue_rw(3 * i, BLK_T_IN, 8 * i, gpa(page), PAGE);
	ok(true, "ends with %u reads under way", READS);
	tap_plan();
	blk_kick();
	hc_sched(PVHV_SCHED_SHUTDOWN, PVHV_SHUTDOWN_POWEROFF);
}
