// SPDX-License-Identifier: GPL-2.0
/*
 * C4 (XSA-279): a flush of a non-canonical address faults in ring 0.
 * Attack: UPDATE_VA and the flush operations with non-canonical addresses,
 * those of the hypervisor, and the edges; vCPU masks of vCPUs that do not exist.
 * Must happen: -EINVAL; good addresses are accepted and the flush works.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

static const u64 bad_va[] = {
	0x800000000000UL, 0x800000000000UL | 0xfff, 0xffff7fffffffffffUL, 0xffff7ffffffff000UL,
	1UL << 63, 0x7fffffffffffffffUL, 0x8000000000000fffUL, 1UL << 48, 1UL << 62,
	PVHV_GATE_BASE, PVHV_VCPU_VA, PVHV_ARG_VA, PVHV_P2M_VA, PVHV_SHARED_VA, PVHV_M2P_VA,
	0xffff87fffffff000UL, 0xffff87ffffffffffUL,
};

static const u64 good_va[] = {
	0, 0x1000, 0x7ffffffff000UL, 0x7fffffffffffUL, 0xffff880000000000UL, PVHV_DIRECTMAP_VA,
	~0UL, ~0UL - PAGE, PVHV_KERNMAP_VA,
};

/* No canonical address, but for the walk of tables it has the bits of one that is mapped. */
static void aliases(u64 va, u64 *page, u64 *other)
{
	u64 i, bad = 0;

	for (i = 48; i < 64; i++) {
		bad += hc_update_va(va ^ 1UL << i, page_pte(other, PTE_KERN)) != -EINVAL;
		bad += hc_update_va((u64)page ^ 1UL << i, page_pte(other, PTE_KERN)) != -EINVAL;
		bad += hc_mmu_op(PVHV_MMU_FLUSH_ONE, va ^ 1UL << i) != -EINVAL;
	}
	same(0, bad, "aliases of addresses that are mapped: -EINVAL");
	same(0x1111, *(volatile u64 *)va, "and nothing else is mapped there");
}

void test(void)
{
	u64 *page = page_alloc(), *other = page_alloc(), i, bad = 0;
	u64 va = 0x100000000000UL;

	for (i = 0; i < ARRAY_SIZE(bad_va); i++) {
		bad += hc_mmu_op(PVHV_MMU_FLUSH_ONE, bad_va[i]) != -EINVAL;
		bad += hypercall(PVHV_HC_MMU_OP, PVHV_MMU_FLUSH_MASK_ONE, 1, bad_va[i]) != -EINVAL;
		bad += hc_update_va(bad_va[i], page_pte(page, PTE_KERN)) != -EINVAL;
		bad += hc_update_va(bad_va[i], 0) != -EINVAL;
	}
	same(0, bad, "bad addresses: -EINVAL");
	for (i = 0; i < ARRAY_SIZE(good_va); i++) {
		bad += hc_mmu_op(PVHV_MMU_FLUSH_ONE, good_va[i]) != 0;
		bad += hypercall(PVHV_HC_MMU_OP, PVHV_MMU_FLUSH_MASK_ONE, 1, good_va[i]) != 0;
	}
	same(0, bad, "good ones can be flushed, mapped or not");
	same((u64)-EINVAL, hc_update_va(0x1000, page_pte(page, PTE_KERN)), "no L1 table there: -EINVAL");
	same(0, hc_mmu_op(PVHV_MMU_FLUSH_ALL, 0), "FLUSH_ALL");
	same(0, hc_mmu_op(PVHV_MMU_FLUSH_MASK, ~0UL), "FLUSH_MASK with vCPUs that do not exist");
	same(0, hc_mmu_op(PVHV_MMU_FLUSH_MASK, 0), "FLUSH_MASK with none");
	for (i = 7; i < 4096; i++)
		bad += hc_mmu_op(i, 0) != -EINVAL;
	same(0, bad, "no such operation: -EINVAL");

	page[0] = 0x1111;
	other[0] = 0x2222;
	map_page(va, page, PTE_KERN);
	aliases(va, page, other);
	for (i = 0; i < 1000; i++) {
		bad += *(volatile u64 *)va != 0x1111;
		hc_update_va(va, page_pte(other, PTE_KERN));
		bad += *(volatile u64 *)va != 0x2222;
		hc_update_va(va, page_pte(page, PTE_KERN_RO));
		bad += try_write(va, 0) != TRAP_PF;
		hc_update_va(va, 0);
		bad += try_read(va, NULL) != TRAP_PF;
		hc_update_va(va, page_pte(page, PTE_KERN));
	}
	same(0, bad, "no stale translation after an update");
}
