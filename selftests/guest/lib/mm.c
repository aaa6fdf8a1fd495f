// SPDX-License-Identifier: GPL-2.0
/*
 * Frames and page tables: see mm.h.
 * Side: guest.
 */
#include "mm.h"
#include "start.h"
#include "string.h"
#include "tap.h"

u64 *boot_root, *mm_root;
static u64 next_gfn;
static void *free_list;

void mm_init(void)
{
	boot_root = gfn_page(start_info->pt_gfn);
	mm_root = boot_root;
	next_gfn = start_info->first_free_gfn;
}

u64 pages_left(void)
{
	return start_info->nr_pages - next_gfn;
}

void *page_alloc(void)
{
	void *page = free_list;

	if (page) {
		free_list = *(void **)page;
		memset(page, 0, PAGE);
		return page;
	}
	if (next_gfn >= start_info->nr_pages)
		guest_panic("out of memory");
	page = gfn_page(next_gfn++);
	memset(page, 0, PAGE);
	return page;
}

void page_free(void *page)
{
	*(void **)page = free_list;
	free_list = page;
}

u64 *pt_table(u64 va, unsigned int level)
{
	u64 *table = mm_root;
	unsigned int l;

	for (l = 4; l > level; l--) {
		u64 e = READ_ONCE(table[pt_index(va, l)]);

		if (!(e & PTE_P))
			return NULL;
		table = mfn_page((e & PTE_ADDR) / PAGE);
	}
	return table;
}

u64 pt_entry(u64 va, unsigned int level)
{
	const u64 *table = pt_table(va, level);

	if (!table)
		guest_panic("no level %u table for %lx", level, va);
	return page_mfn(table) * PAGE + pt_index(va, level) * 8;
}

u64 pt_read(u64 va, unsigned int level)
{
	const u64 *table = pt_table(va, level);

	return table ? READ_ONCE(table[pt_index(va, level)]) : 0;
}

long map_level(u64 va, unsigned int level, u64 entry)
{
	unsigned int l;
	long ret;

	for (l = 4; l > level; l--) {
		if (pt_read(va, l) & PTE_P)
			continue;
		ret = hc_mmu_update(pt_entry(va, l), page_pte(page_alloc(), PTE_TABLE));
		if (ret)
			return ret;
	}
	return hc_mmu_update(pt_entry(va, level), entry);
}

void map_page(u64 va, const void *page, u64 flags)
{
	long ret = map_level(va, 1, page_pte(page, flags));

	if (ret)
		guest_panic("mapping of a page at %lx refused: %ld", va, ret);
}

void unmap_page(u64 va)
{
	long ret = hc_mmu_update(pt_entry(va, 1), 0);

	if (ret)
		guest_panic("removal of the page at %lx refused: %ld", va, ret);
}

long direct_set(const void *page, u64 flags)
{
	u64 va = (u64)gfn_page(va_gfn(page));

	return hc_update_va(va, flags & PTE_P ? page_pte(page, flags | PTE_NX) : 0);
}

u64 *root_new(void)
{
	u64 *root = page_alloc();

	memcpy(root + PVHV_HV_SLOT_LAST + 1, boot_root + PVHV_HV_SLOT_LAST + 1,
	       (511 - PVHV_HV_SLOT_LAST) * 8);
	return root;
}

long root_pin(const u64 *root)
{
	return hc_mmu_op(PVHV_MMU_PIN, page_mfn(root));
}

long root_unpin(const u64 *root)
{
	return hc_mmu_op(PVHV_MMU_UNPIN, page_mfn(root));
}

long root_load(const u64 *root)
{
	return hc_mmu_op(PVHV_MMU_LOAD, page_mfn(root));
}
