// SPDX-License-Identifier: GPL-2.0
/*
 * B15 (XSA-227): entries that are not aligned.
 * Attack: MMU_UPDATE with every low value of the pointer, over page boundaries,
 * every command; counts at and over the limit; a batch that fails in the middle.
 * Must happen: the low three bits are the command or -EINVAL; no entry but the named one changes.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"

#define VA	0x100000000000UL

static void low_bits(void)
{
	u64 *l1 = pt_table(VA, 1), base = page_mfn(l1) * PAGE, o, i, bad = 0, changed = 0;
	u64 val = page_pte(page_alloc(), PTE_KERN);

	for (o = 0; o < PAGE; o++) {
		long ret = hc_mmu_update(base + o, val);

		if ((o & 7) > PVHV_MMU_CLEAR ? ret != -EINVAL : ret != 0)
			bad++;
		if ((o & 7) <= PVHV_MMU_SET_KEEP_AD && l1[o / 8] != val)
			bad++;
		if ((o & 7) == PVHV_MMU_CLEAR && l1[o / 8])
			bad++;
		for (i = 0; i < 512; i++)
			changed += i != o / 8 && l1[i] != 0;
		hc_mmu_update((base + o) & ~7UL, 0);
	}
	same(0, bad, "4,096 pointers into a table: command, or -EINVAL");
	same(0, changed, "no other entry changed");
}

static void plain_memory(void)
{
	u64 *page = page_alloc(), base = page_mfn(page) * PAGE, i, bad = 0;

	for (i = 0; i < 512; i++) {
		bad += hc_mmu_update(base + 8 * i, 0x1111111111111111UL * (i % 15)) != 0;
		bad += page[i] != 0x1111111111111111UL * (i % 15);
	}
	same(0, bad, "plain memory can be written by MMU_UPDATE, word by word");
}

static void commands(void)
{
	u64 ptr = pt_entry(VA, 1), pte = page_pte(page_alloc(), PTE_KERN);

	hc_mmu_update(ptr, pte);
	same(0, hc_mmu_update(ptr | PVHV_MMU_CLEAR_RW, ~0UL), "CLEAR_RW");
	same(pte & ~PTE_RW, pt_read(VA, 1), "clears RW and ignores the value");
	same(0, hc_mmu_update(ptr | PVHV_MMU_CLEAR_A, ~0UL), "CLEAR_A");
	same(pte & ~(PTE_RW | PTE_A), pt_read(VA, 1), "clears A and ignores the value");
	same(0, hc_mmu_update(ptr | PVHV_MMU_SET_KEEP_AD, pte & ~PTE_D), "SET_KEEP_AD");
	same(pte & (PTE_ADDR | PTE_D | PTE_RW), pt_read(VA, 1) & (PTE_ADDR | PTE_D | PTE_RW), "keeps D");
	same(0, hc_mmu_update(ptr | PVHV_MMU_CLEAR, ~0UL), "CLEAR");
	same(0, pt_read(VA, 1), "clears");
	same(0, hc_mmu_update(ptr | PVHV_MMU_CLEAR_RW, 0), "CLEAR_RW of nothing");
	same(0, pt_read(VA, 1), "leaves nothing");
}

static void counts(void)
{
	volatile struct pvhv_mmu_update *q = (void *)PVHV_ARG_VA;
	u64 base = page_mfn(pt_table(VA, 1)) * PAGE, i, bad = 0;
	u64 pte = page_pte(page_alloc(), PTE_KERN_RO);

	for (i = 0; i < PVHV_MMU_QUEUE_LEN; i++) {
		q[i].ptr = base + 8 * i;
		q[i].val = pte;
	}
	same(PVHV_MMU_QUEUE_LEN, hypercall(PVHV_HC_MMU_UPDATE, PVHV_MMU_QUEUE_LEN, 0, 0), "a full batch");
	for (i = 0; i < PVHV_MMU_QUEUE_LEN; i++)
		bad += pt_read(VA + i * PAGE, 1) != pte;
	same(0, bad, "all of it was done");
	same(0, hypercall(PVHV_HC_MMU_UPDATE, 0, 0, 0), "an empty one");
	same((u64)-EINVAL, hypercall(PVHV_HC_MMU_UPDATE, PVHV_MMU_QUEUE_LEN + 1, 0, 0), "one too many");
	for (i = 8; i < 64; i++)
		bad += hypercall(PVHV_HC_MMU_UPDATE, 1UL << i | (i == 8), 0, 0) != -EINVAL;
	same(0, bad, "and any larger number");
	for (i = 0; i < 10; i++) {
		q[i].ptr = (base + 8 * i) | PVHV_MMU_CLEAR;
		q[i].val = 0;
	}
	q[6].val = PTE_P | PTE_PSE;
	q[6].ptr = base + 8 * 6;
	same((u64)-EINVAL, hypercall(PVHV_HC_MMU_UPDATE, 10, 0, 0), "a batch with a bad entry in it");
	same(6, arg_page[0], "names the bad one");
	same(0, pt_read(VA + 5 * PAGE, 1), "those before it are done");
	same(pte, pt_read(VA + 6 * PAGE, 1), "it is not");
	same(pte, pt_read(VA + 7 * PAGE, 1), "nor those behind it");
}

void test(void)
{
	map_page(VA, page_alloc(), PTE_KERN);
	unmap_page(VA);
	low_bits();
	plain_memory();
	commands();
	counts();
}
