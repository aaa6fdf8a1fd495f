// SPDX-License-Identifier: GPL-2.0
/*
 * B12 (XSA-252): memory that is given back while it has another use.
 * Attack: give back the loaded root, a pinned root, page tables, a page with a second mapping, a
 * page on its way into a request; then what was really given back: mapped, named as page
 * table, read into by the disk; taken again.
 * Must happen: -EBUSY while it has a use; what is gone is gone, and comes back as zeros.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define VA	0x100000000000UL

static long give_back(const void *page)
{
	arg_page[0] = va_gfn(page);
	return hypercall(PVHV_HC_MEMORY, PVHV_MEM_DECREASE, 1, 0);
}

static long take(u64 gfn)
{
	arg_page[0] = gfn;
	return hypercall(PVHV_HC_MEMORY, PVHV_MEM_INCREASE, 1, 0);
}

static void in_use(void)
{
	void *page = page_alloc();
	u64 *root = root_new();

	same((u64)-EBUSY, give_back(boot_root), "the loaded root");
	same(0, root_pin(root), "a second root");
	same((u64)-EBUSY, give_back(root), "a pinned root");
	same(0, root_unpin(root), "unpinned");
	map_page(VA, page, PTE_KERN_RO);
	same((u64)-EBUSY, give_back(page), "a page with a second mapping");
	same((u64)-EBUSY, give_back(pt_table(VA, 1)), "an L1 table");
	same((u64)-EBUSY, give_back(pt_table(VA, 2)), "an L2 table");
	same((u64)-EBUSY, give_back((void *)((u64)boot_stack_top - PAGE)), "the stack, which is mapped twice");
	same(0, root_load(boot_root), "the root is still loaded");
}

static void edges(void)
{
	u64 i, bad = 0;

	for (i = 0; i < 64; i++) {
		arg_page[0] = start_info->nr_pages + (1UL << i) - 1;
		bad += hypercall(PVHV_HC_MEMORY, PVHV_MEM_DECREASE, 1, 0) >= 0;
		bad += take(start_info->nr_pages + (1UL << i) - 1) >= 0;
		bad += hypercall(PVHV_HC_MEMORY, i + 2, 1, 0) >= 0;
		bad += i >= 10 && hypercall(PVHV_HC_MEMORY, PVHV_MEM_DECREASE, 1UL << i, 0) >= 0;
	}
	same(0, bad, "frames, operations and counts that do not exist: refused");
	ok(take(va_gfn(boot_root)) < 0, "nothing is put where a frame is");
}

static void gone(void)
{
	u64 *page = page_alloc(), mfn = page_mfn(page), gfn = va_gfn(page), i, bad = 0;

	for (i = 0; i < 512; i++)
		page[i] = ~i;
	same(1, give_back(page), "a page without any other use is given back");
	same(TRAP_PF, try_read((u64)page, NULL), "its entry in the direct map is gone");
	same(~0UL, gfn_mfn(gfn), "the P2M says so");
	ok(hc_update_va((u64)page, mfn * PAGE | PTE_KERN_RO) < 0, "its frame cannot be mapped");
	ok(hc_mmu_update(mfn * PAGE, 0) < 0, "nor written");
	ok(hc_mmu_op(PVHV_MMU_PIN, mfn) < 0, "nor pinned");
	ok(give_back(page) < 0, "nor given back twice");
	blk_init(F_VERSION_1);
	ok(blk_rw(BLK_T_IN, 0, gfn * PAGE, PAGE) != BLK_S_OK, "nor read into by the disk");
	same(1, take(gfn), "the hole is filled again");
	same(0, hc_update_va((u64)page, page_pte(page, PTE_KERN)), "and mapped");
	for (i = 0; i < 512; i++)
		bad += page[i] != 0;
	same(0, bad, "it holds zeros");
	ok(take(gfn) < 0, "and cannot be filled twice");
}

/* Reads under way into a page hold it. */
static void in_flight(void)
{
	u64 *page = page_alloc(), round, i, busy = 0, bad = 0;

	blk_init(F_VERSION_1);
	/* how far the host is when we ask is chance: until it was met at work */
	for (round = 0; round < 50 || (!busy && round < 3000); round++) {
		long ret;

		for (i = 0; i < 20; i++)
			blk_queue_rw(3 * i, BLK_T_IN, 8 * i, gpa(page), PAGE);
		blk_kick();
		if (round & 1)
			blk_wait_first(1000);
		for (i = 0; i < 200; i++) {
			ret = give_back(page);
			busy += ret == -EBUSY;
			if (ret == 1)
				break;
		}
		blk_wait(20, 5000);
		if (ret != 1)
			continue;
		bad += take(va_gfn(page)) != 1;
		bad += hc_update_va((u64)page, page_pte(page, PTE_KERN)) != 0;
	}
	same(0, bad, "a page that reads are under way into: given back and taken again");
	ok(busy > 0, "busy %lu times", busy);
}

void test(void)
{
	if (give_back(boot_root) == -ENOSYS) {
		skip("no balloon yet", "frames in use cannot be given back");
		return;
	}
	in_use();
	edges();
	gone();
	in_flight();
}
