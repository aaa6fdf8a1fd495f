// SPDX-License-Identifier: GPL-2.0
/*
 * B3 (XSA-240): page tables that contain tables of their own level.
 * Attack: tables of each level in tables of every other level; loops; chains
 * of up to 500; by MMU_UPDATE and by filled pages that are then pinned.
 * Must happen: refused; everything is as before.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define VA	0x100000000000UL
#define CHAIN	500

static void by_update(void)
{
	unsigned int at, what, bad = 0;

	for (at = 2; at <= 4; at++) {
		for (what = 1; what <= 4; what++) {
			u64 ptr = (pt_entry(VA, at) & ~(PAGE - 1)) + 8 * (at == 4 ? 77 : 300);
			u64 *table = pt_table(VA, what);

			if (what == at - 1)
				continue;
			bad += hc_mmu_update(ptr, page_pte(table, PTE_TABLE)) != -EBUSY;
			bad += hc_mmu_update(ptr, page_pte(table, PTE_P)) != -EBUSY;
		}
	}
	same(0, bad, "a table where one of another level belongs: -EBUSY");
	same(0, hc_mmu_update((pt_entry(VA, 3) & ~(PAGE - 1)) + 8 * 300,
			      page_pte(pt_table(VA, 2), PTE_TABLE)),
	     "the right level may stand in two places");
	same(0, hc_mmu_update((pt_entry(VA, 3) & ~(PAGE - 1)) + 8 * 300, 0), "and be taken away again");
}

/* Not pinned yet, so the guest may fill them as it likes. */
static void loops(void)
{
	u64 *root = root_new(), *l3 = page_alloc(), *l2 = page_alloc(), *l1 = page_alloc();

	root[0] = page_pte(root, PTE_TABLE);
	ok(root_pin(root) < 0, "a root that contains itself");
	root[0] = page_pte(l3, PTE_TABLE);
	l3[0] = page_pte(l3, PTE_TABLE);
	ok(root_pin(root) < 0, "an L3 table that contains itself");
	l3[0] = page_pte(root, PTE_TABLE);
	ok(root_pin(root) < 0, "an L3 table that contains the root");
	l3[0] = page_pte(l2, PTE_TABLE);
	l2[511] = page_pte(l2, PTE_TABLE);
	ok(root_pin(root) < 0, "an L2 table that contains itself");
	l2[511] = page_pte(l3, PTE_TABLE);
	ok(root_pin(root) < 0, "an L2 table that contains the L3");
	l2[511] = page_pte(l1, PTE_TABLE);
	l1[511] = page_pte(l2, PTE_KERN);
	ok(root_pin(root) < 0, "an L1 table that maps the L2 writable");
	l1[511] = page_pte(l1, PTE_KERN);
	ok(root_pin(root) < 0, "an L1 table that maps itself writable");
	l1[511] = page_pte(l1, PTE_KERN_RO);
	l2[511] = 0;
	l3[5] = page_pte(l1, PTE_TABLE);
	l2[5] = page_pte(l1, PTE_TABLE);
	ok(root_pin(root) < 0, "one page as L1 and L2");
	l3[5] = 0;
	same(0, root_pin(root), "put right, it can be pinned");
	same(0, root_unpin(root), "and unpinned");
	same(NO_TRAP, try_write((u64)l2, 0), "all plain memory again");
}

static void chain(void)
{
	u64 *root = root_new(), *first = page_alloc(), *prev = first, *page;
	int i;

	root[0] = page_pte(first, PTE_TABLE);
	for (i = 0; i < CHAIN; i++) {
		page = page_alloc();
		prev[i % 512] = page_pte(page, PTE_TABLE);
		prev = page;
	}
	prev[0] = page_pte(first, PTE_TABLE);
	same(0, root_pin(root), "a chain of %d tables ends at the fourth", CHAIN);
	same(TRAP_PF, try_write((u64)first, 0), "whose pages are tables now");
	same(NO_TRAP, try_write((u64)prev, 0), "the last is memory");
	same(0, root_unpin(root), "unpinned again");
	same(NO_TRAP, try_write((u64)first, 0), "all is memory");
}

void test(void)
{
	map_page(VA, page_alloc(), PTE_KERN);
	by_update();
	loops();
	chain();
}
