// SPDX-License-Identifier: GPL-2.0
/*
 * B2 (XSA-182): the RW bit of a mapping of a page table, added alone.
 * Attack: a read-only mapping of a page table, then RW by every way that
 * changes an entry; the same with the direct map's entry; and a writable page
 * that becomes a page table while it is mapped.
 * Must happen: -EBUSY each time; the table cannot be written.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"

#define TEST_VA		0x100000000000UL

static void upgrade(void *table, const char *what)
{
	u64 direct = (u64)table;

	same(0, hc_mmu_update(pt_entry(TEST_VA, 1), page_pte(table, PTE_KERN_RO)),
	     "%s: a read-only mapping", what);
	same((u64)-EBUSY, hc_mmu_update(pt_entry(TEST_VA, 1), page_pte(table, PTE_KERN)),
	     "RW by MMU_UPDATE");
	same((u64)-EBUSY, hc_mmu_update(pt_entry(TEST_VA, 1) | PVHV_MMU_SET_KEEP_AD,
				      page_pte(table, PTE_KERN)), "RW by SET_KEEP_AD");
	same((u64)-EBUSY, hc_update_va(TEST_VA, page_pte(table, PTE_KERN)), "RW by UPDATE_VA");
	same((u64)-EBUSY, hc_update_va(TEST_VA, page_pte(table, PTE_USER)), "RW and U");
	same((u64)-EBUSY, hc_update_va(direct, page_pte(table, PTE_KERN)), "RW in the direct map");
	same((u64)-EBUSY, hc_update_va(TEST_VA + PAGE, page_pte(table, PTE_KERN)), "a second mapping with RW");
	same(TRAP_PF, try_write(TEST_VA, 0), "it cannot be written there");
	same(TRAP_PF, try_write(direct, 0), "nor in the direct map");
	hc_mmu_update(pt_entry(TEST_VA, 1), 0);
}

static void mapped_twice(void)
{
	u64 *page = page_alloc(), *root = root_new();

	map_page(TEST_VA, page, PTE_KERN);
	same((u64)-EBUSY, hc_mmu_update(pt_entry(TEST_VA + (1UL << 21), 2), page_pte(page, PTE_TABLE)),
	     "a page with a second writable mapping cannot become an L1 table");
	same(NO_TRAP, try_write(TEST_VA, 0), "it is still writable");
	unmap_page(TEST_VA);
	map_page(TEST_VA, root, PTE_KERN);
	same((u64)-EBUSY, root_pin(root), "nor a root");
	unmap_page(TEST_VA);
	same(0, root_pin(root), "without it, it can");
	same(TRAP_PF, try_write((u64)root, 0), "and is read-only then");
	same(0, root_unpin(root), "until it is unpinned");
	same(NO_TRAP, try_write((u64)root, 0), "and then writable");
	/* the table of the mapping maps itself */
	same(0, hc_mmu_update(pt_entry(TEST_VA, 1), page_pte(pt_table(TEST_VA, 1), PTE_KERN_RO)),
	     "an L1 table may map itself read-only");
	same((u64)-EBUSY, hc_mmu_update(pt_entry(TEST_VA, 1), page_pte(pt_table(TEST_VA, 1), PTE_KERN)),
	     "not writable");
	unmap_page(TEST_VA);
}

/* An L1 table that, before it is one, already has a writable entry for itself, or for another table. */
static void prefilled(void)
{
	u64 *l1 = page_alloc();
	u64 l2 = pt_entry(TEST_VA + (2UL << 21), 2);

	l1[0] = page_pte(l1, PTE_KERN);
	same((u64)-EBUSY, hc_mmu_update(l2, page_pte(l1, PTE_TABLE)), "filled with a writable entry for itself");
	l1[0] = page_pte(boot_root, PTE_KERN);
	same((u64)-EBUSY, hc_mmu_update(l2, page_pte(l1, PTE_TABLE)), "for the root");
	l1[0] = page_pte(l1, PTE_KERN_RO);
	same(0, hc_mmu_update(l2, page_pte(l1, PTE_TABLE)), "read-only for itself is accepted");
	same(TRAP_PF, try_write(TEST_VA + (2UL << 21), 0), "and cannot be written");
	same(0, hc_mmu_update(l2, 0), "gone");
	same(NO_TRAP, try_write((u64)l1, 0), "the page is plain memory again");
}

void test(void)
{
	map_page(TEST_VA, page_alloc(), PTE_KERN);
	upgrade(pt_table(TEST_VA, 1), "an L1 table");
	upgrade(pt_table(TEST_VA, 2), "an L2 table");
	upgrade(pt_table(TEST_VA, 3), "an L3 table");
	upgrade(boot_root, "the root");
	mapped_twice();
	prefilled();
}
