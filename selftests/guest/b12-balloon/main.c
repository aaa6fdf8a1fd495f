// SPDX-License-Identifier: GPL-2.0
/*
 * B12 (XSA-252): memory that is given back while it has another use.
 * Attack: give back the loaded root, a pinned root, page tables, a page with a second mapping.
 * Must happen: -EBUSY each time.
 * Side: guest.
 */
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

void test(void)
{
	void *page = page_alloc();
	u64 *root = root_new();

	if (give_back(boot_root) == -ENOSYS) {
		skip("no balloon yet", "frames in use cannot be given back");
		return;
	}
	same((u64)-EBUSY, give_back(boot_root), "the loaded root");
	same(0, root_pin(root), "a second root");
	same((u64)-EBUSY, give_back(root), "a pinned root");
	same(0, root_unpin(root), "unpinned");
	map_page(VA, page, PTE_KERN_RO);
	same((u64)-EBUSY, give_back(page), "a page with a second mapping");
	same((u64)-EBUSY, give_back(pt_table(VA, 1)), "an L1 table");
	same((u64)-EBUSY, give_back(pt_table(VA, 2)), "an L2 table");
	same(0, root_load(boot_root), "the root is still loaded");
}
