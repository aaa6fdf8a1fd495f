// SPDX-License-Identifier: GPL-2.0
/*
 * B4 (XSA-167): frame numbers that are out of range, in every operation.
 * Attack: 0, the last frame and beyond, 2^40, 2^52 - 1, holes, in entries of all levels,
 * as pointers to entries, in PIN, UNPIN, LOAD, and in a tree to be pinned.
 * Must happen: an error, nothing changed, the core goes on.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define VA	0x100000000000UL

static const u64 numbers[] = {
	0, 1, 0x9f, 0xa0, 0xf0, 0xbffff, 0xc0000, 0xfec00, 0xfee00, 0xfffff, 0x100000, 0x13ffff,
	0x140000, 1UL << 24, (1UL << 24) - 1, 1UL << 32, 1UL << 36, (1UL << 40) - 1,
};

static bool own(u64 mfn)
{
	u64 gfn;

	return try_read(PVHV_M2P_VA + 8 * mfn, &gfn) == NO_TRAP && gfn < start_info->nr_pages &&
	       gfn_mfn(gfn) == mfn;
}

static bool refused(long ret)
{
	return ret == -ERANGE || ret == -EPERM || ret == -EINVAL || ret == -EBUSY;
}

static u64 try_number(u64 m)
{
	u64 bad = 0, cmd, ptr;
	unsigned int level;

	for (level = 1; level <= 4; level++)
		bad += !refused(hc_mmu_update(pt_entry(VA, level), m * PAGE | PTE_TABLE));
	for (cmd = 0; cmd < 8; cmd++) {
		ptr = m * PAGE | cmd;
		bad += !refused(hc_mmu_update(ptr, 0x63));
		bad += !refused(hc_mmu_update(ptr | 0xff8, 0x63));
	}
	bad += !refused(hc_update_va(VA, m * PAGE | PTE_KERN));
	bad += !refused(hc_mmu_op(PVHV_MMU_PIN, m));
	bad += !refused(hc_mmu_op(PVHV_MMU_UNPIN, m));
	bad += !refused(hc_mmu_op(PVHV_MMU_LOAD, m));
	return bad;
}

static u64 try_tree(u64 m)
{
	u64 *root = root_new(), *l3 = page_alloc(), *l2 = page_alloc(), *l1 = page_alloc(), bad = 0;

	root[9] = m * PAGE | PTE_TABLE;
	bad += !refused(root_pin(root));
	root[9] = page_pte(l3, PTE_TABLE);
	l3[511] = m * PAGE | PTE_TABLE;
	bad += !refused(root_pin(root));
	l3[511] = page_pte(l2, PTE_TABLE);
	l2[511] = m * PAGE | PTE_TABLE;
	bad += !refused(root_pin(root));
	l2[511] = page_pte(l1, PTE_TABLE);
	l1[511] = m * PAGE | PTE_KERN_RO;
	bad += !refused(root_pin(root));
	page_free(root);
	page_free(l3);
	page_free(l2);
	page_free(l1);
	return bad;
}

void test(void)
{
	u64 bad = 0, tree = 0, n = 0;
	unsigned int i;

	map_page(VA, page_alloc(), PTE_KERN);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (own(numbers[i]))
			continue;
		bad += try_number(numbers[i]);
		tree += try_tree(numbers[i]);
		n++;
	}
	same(0, bad, "%lu frame numbers in every operation: refused", n);
	same(0, tree, "and at every level of a tree to be pinned");
	for (i = 40; i < 64; i++) {
		bad += !refused(hc_mmu_op(PVHV_MMU_PIN, 1UL << i));
		bad += !refused(hc_mmu_op(PVHV_MMU_LOAD, ~0UL << i));
		bad += !refused(hc_mmu_op(PVHV_MMU_UNPIN, (1UL << i) - 1));
	}
	same(0, bad, "numbers of more than 40 bits, too");
	same(NO_TRAP, try_write(VA, 1), "the mapping that was aimed at is as before");
}
