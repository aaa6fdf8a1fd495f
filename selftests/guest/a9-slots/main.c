// SPDX-License-Identifier: GPL-2.0
/*
 * A9: a root of the guest with entries of its own in the hypervisor's slots.
 * Attack: by MMU_UPDATE into a loaded root and into another pinned one, by a
 * page filled before it is pinned, by UPDATE_VA below.
 * Must happen: refused, and the slots read as zero.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

static u64 slots_used(const u64 *root)
{
	u64 slot, n = 0;

	for (slot = PVHV_HV_SLOT_FIRST; slot <= PVHV_HV_SLOT_LAST; slot++)
		n += READ_ONCE(root[slot]) != 0;
	return n;
}

static void by_update(const u64 *root, const char *what)
{
	u64 l3 = boot_root[pt_index(PVHV_DIRECTMAP_VA, 4)];
	u64 vals[] = { l3, l3 & ~PTE_RW, PTE_P, ~0UL, ~0UL & ~PTE_P, page_pte(root, PTE_TABLE), 2,
		       page_pte(page_alloc(), PTE_TABLE) };
	u64 slot, cmd, bad = 0;
	unsigned int i;

	for (slot = PVHV_HV_SLOT_FIRST; slot <= PVHV_HV_SLOT_LAST; slot++)
		for (i = 0; i < ARRAY_SIZE(vals); i++)
			for (cmd = PVHV_MMU_SET; cmd <= PVHV_MMU_SET_KEEP_AD; cmd++)
				bad += hc_mmu_update((page_mfn(root) * PAGE + slot * 8) | cmd,
						     vals[i]) == 0;
	same(0, bad, "MMU_UPDATE of 16 slots of %s: refused", what);
	same(0, slots_used(root), "they are still zero");
}

static void prefilled(void)
{
	u64 slot, refused = 0;

	for (slot = PVHV_HV_SLOT_FIRST; slot <= PVHV_HV_SLOT_LAST; slot++) {
		u64 *root = root_new();

		root[slot] = boot_root[pt_index(PVHV_DIRECTMAP_VA, 4)];
		refused += root_pin(root) == -EINVAL;
		root[slot] = 2;
		refused += root_pin(root) == -EINVAL;
		same(NO_TRAP, try_write((u64)root, 0), "slot %lu: the refused page is writable again",
		     slot);
		page_free(root);
	}
	same(32, refused, "a root with such an entry cannot be pinned");
}

void test(void)
{
	u64 *root = root_new();
	u64 va, bad = 0;

	by_update(boot_root, "the loaded root");
	same(0, root_pin(root), "a second root");
	by_update(root, "a pinned root");
	same(0, root_load(root), "loaded");
	same(0, slots_used(root), "its slots are zero although the hypervisor is there");
	same(0, root_load(boot_root), "the first one again");
	same(0, root_unpin(root), "the second one unpinned");
	prefilled();
	for (va = PVHV_GATE_BASE; va < PVHV_GATE_BASE + (16UL << 39); va += 1UL << 38)
		bad += hc_update_va(va, page_pte(root, PTE_KERN)) != -EINVAL;
	for (va = 0; va < 0x40; va++)
		bad += hc_update_va(PVHV_GATE_BASE + va * PAGE, 0) != -EINVAL;
	same(0, bad, "UPDATE_VA of the hypervisor's addresses is refused");
}
