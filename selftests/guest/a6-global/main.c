// SPDX-License-Identifier: GPL-2.0
/*
 * A6: a global entry survives the switch to another guest.
 * Attack: the G bit in entries of all levels, by every way that writes one.
 * Must happen: it is stripped; reading back shows G = 0.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define TEST_VA	0x100000000000UL

static void by_hypercall(void)
{
	void *page = page_alloc();
	unsigned int level;

	map_page(TEST_VA, page, PTE_KERN | PTE_G);
	same(0, pt_read(TEST_VA, 1) & PTE_G, "a new L1 entry by MMU_UPDATE");
	same(0, hc_mmu_update(pt_entry(TEST_VA, 1), page_pte(page, PTE_KERN_RO | PTE_G)),
	     "L1 entry changed with G");
	same(0, pt_read(TEST_VA, 1) & PTE_G, "reads back without G");
	same(0, hc_update_va(TEST_VA, page_pte(page, PTE_KERN | PTE_G)), "by UPDATE_VA");
	same(0, pt_read(TEST_VA, 1) & PTE_G, "reads back without G");
	same(0, hc_mmu_update(pt_entry(TEST_VA, 1) | PVHV_MMU_SET_KEEP_AD,
			      page_pte(page, PTE_KERN_RO | PTE_G)), "by SET_KEEP_AD");
	same(0, pt_read(TEST_VA, 1) & PTE_G, "reads back without G");
	for (level = 2; level <= 4; level++) {
		u64 e = pt_read(TEST_VA, level);
		long ret = hc_mmu_update(pt_entry(TEST_VA, level), e | PTE_G);

		ok(ret == 0 || ret == -EINVAL, "level %u entry changed with G: %ld", level, ret);
		same(0, pt_read(TEST_VA, level) & PTE_G, "reads back without G");
	}
}

static void prefilled(void)
{
	u64 *root = root_new(), *l3 = page_alloc(), *l2 = page_alloc(), *l1 = page_alloc();
	long ret;

	l1[3] = page_pte(page_alloc(), PTE_KERN | PTE_G);
	l2[3] = page_pte(l1, PTE_TABLE | PTE_G);
	l3[3] = page_pte(l2, PTE_TABLE | PTE_G);
	root[3] = page_pte(l3, PTE_TABLE | PTE_G);
	ret = root_pin(root);
	ok(ret == 0 || ret == -EINVAL, "a tree with G everywhere is pinned or refused: %ld", ret);
	if (ret)
		return;
	same(0, (l1[3] | l2[3] | l3[3] | root[3]) & PTE_G, "all four read back without G");
	same(0, root_unpin(root), "unpinned again");
}

void test(void)
{
	by_hypercall();
	prefilled();
}
