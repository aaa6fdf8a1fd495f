// SPDX-License-Identifier: GPL-2.0
/*
 * C1 (XSA-241), B7 (XSA-408), C7: what another core's TLB still allows.
 * Attack: vCPU 1, on another core, writes to a page by the direct map as fast as it can, so that it has
 * it in its TLB. vCPU 0 makes the page read-only, a page table, takes it away, and back, without end.
 * Then both do so to each other at once, with trees that take long to validate between.
 * Must happen: once the call is back no write gets through; a page table holds what was
 * there when it was accepted; nobody waits for the other for ever.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "smp.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define VA	0x100000000000UL
#define MS	1500	/* each part */
#define TABLES	24	/* of the tree that takes long */
#define MUTUAL	300	/* rounds */

static u64 *page;
/* vCPU 0 says 'closed' when the page cannot be written any more, and takes it back before it can again. */
static volatile u64 closed, turns, writes, faults, late;
static volatile u64 mutual_bad, mutual_rounds;

/* Not present, no address, no PSE: any table may hold it. */
static u64 entry_like(u64 n)
{
	return (n & 0x1f) << 1 | (n >> 5 & 0x3f) << 52;
}

static void write_on(void)
{
	u64 before = closed, trap = try_write((u64)&page[511], entry_like(writes + faults));

	writes += trap == NO_TRAP;
	faults += trap != NO_TRAP;
	late += before && before == closed && trap == NO_TRAP;
	turns++;
}

/* Until vCPU 1 is through with what it began: it looked at 'closed' after this call. */
static void wait_turns(u64 n)
{
	u64 t = turns, end = rdtsc() + 2000 * ticks_per_ms();

	while (turns < t + n && rdtsc() < end)
		asm volatile("pause");
}

static void forbid(long ret, u64 *bad)
{
	static u64 epoch;

	*bad += ret != 0;
	closed = ++epoch;
	wait_turns(3);
	closed = 0;
	wait_turns(1);
}

static void read_only(void)
{
	u64 end = rdtsc() + MS * ticks_per_ms(), bad = 0, n = 0;

	for (; rdtsc() < end; n++) {
		forbid(direct_set(page, PTE_KERN_RO), &bad);
		bad += direct_set(page, PTE_KERN) != 0;
		wait_turns(2);
		forbid(direct_set(page, 0), &bad);
		bad += direct_set(page, PTE_KERN) != 0;
		wait_turns(2);
	}
	same(0, bad, "a page becomes read-only, and goes, %lu times", n);
	same(0, late, "no write gets through after that (%lu did before, %lu faulted)", writes, faults);
	ok(writes > 50 && faults > 50, "both happened");
}

static void page_table(void)
{
	u64 end = rdtsc() + MS * ticks_per_ms(), bad = 0, changed = 0, n = 0, at = pt_entry(VA + (1UL << 21), 2);

	for (; rdtsc() < end; n++) {
		long ret = hc_mmu_update(at, page_pte(page, PTE_TABLE));
		u64 was = READ_ONCE(page[511]);

		forbid(ret, &bad);
		changed += READ_ONCE(page[511]) != was;
		bad += hc_mmu_update(at, 0) != 0;
		wait_turns(2);
	}
	same(0, bad, "a page becomes a page table, and memory, %lu times", n);
	same(0, changed, "the table stays as it was accepted");
	same(0, late, "no write gets through");
}

static u64 *big_tree(unsigned int slot)
{
	u64 *root = root_new(), *l3 = page_alloc(), *l2 = page_alloc(), leaf = page_pte(page_alloc(), PTE_KERN_RO);
	unsigned int i, j;

	root[slot] = page_pte(l3, PTE_TABLE);
	l3[0] = page_pte(l2, PTE_TABLE);
	for (i = 0; i < TABLES; i++) {
		u64 *l1 = page_alloc();

		for (j = 0; j < 512; j++)
			l1[j] = leaf;
		l2[i] = page_pte(l1, PTE_TABLE);
	}
	return root;
}

static u64 *mutual_page[2], *mutual_root[2];

/* Each flushes the other, by taking rights away and by name, and keeps the lock for long now and then. */
static u64 mutual(unsigned int me, volatile u64 *rounds)
{
	u64 i, bad = 0;

	for (i = 0; i < MUTUAL; i++) {
		bad += direct_set(mutual_page[me], PTE_KERN_RO) != 0;
		bad += hypercall(PVHV_HC_MMU_OP, PVHV_MMU_FLUSH_MASK, 3, 0) != 0;
		bad += hypercall(PVHV_HC_MMU_OP, PVHV_MMU_FLUSH_MASK_ONE, ~0UL, VA) != 0;
		bad += direct_set(mutual_page[me], PTE_KERN) != 0;
		if (i % 16 == 0) {
			bad += root_pin(mutual_root[me]) != 0;
			bad += root_unpin(mutual_root[me]) != 0;
		}
		++*rounds;
	}
	return bad;
}

static void mutual_other(void)
{
	mutual_bad = mutual(1, &mutual_rounds);
	while (!smp_stop)
		asm volatile("pause");
}

static void other(void)
{
	while (!smp_stop)
		write_on();
}

static void both(void)
{
	u64 bad, rounds = 0;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		mutual_page[i] = page_alloc();
		mutual_root[i] = big_tree(20 + i);
	}
	same(0, smp_start(mutual_other), "vCPU 1 starts again");
	ok(smp_wait(5000), "and runs");
	bad = mutual(0, &rounds);
	while (mutual_rounds < MUTUAL)
		hc_sched(PVHV_SCHED_YIELD, 0);
	same(0, bad, "%lu rounds of two that flush each other", rounds);
	ok(smp_end(5000), "vCPU 1 ends");
	same(0, mutual_bad, "and all was well there, too");
}

void test(void)
{
	page = page_alloc();
	map_page(VA, page_alloc(), PTE_KERN);
	same(0, smp_start(other), "vCPU 1 starts");
	if (!ok(smp_wait(5000), "and runs"))
		return;
	read_only();
	page_table();
	ok(smp_end(5000), "vCPU 1 ends");
	both();
}
