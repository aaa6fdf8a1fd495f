// SPDX-License-Identifier: GPL-2.0
/*
 * A10 (and B4, B14, H2): all frames of the machine that are not the guest's.
 * Attack: map every frame number read-only and writable; name foreign ones as
 * page table, as root to pin and to load, as target of an update.
 * Must happen: only the guest's own frames are accepted; page tables of its own only read-only.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define TEST_VA		0x100000000000UL
#define MAX_MFN		0x141000UL	/* beyond the end of the test host's memory */
#define HOLE_BEGIN	0x80000UL	/* where it has none: samples */
#define HOLE_END	0x100000UL

static u8 *own_bits;

static bool own(u64 mfn)
{
	return mfn < MAX_MFN && (own_bits[mfn / 8] >> mfn % 8 & 1);
}

/* MAX_MFN / 8 bytes in the direct map: pages of the allocator follow each other. */
static void find_own(void)
{
	u64 n = MAX_MFN / 8 / PAGE, i;

	own_bits = page_alloc();
	for (i = 1; i < n; i++)
		page_alloc();
	for (i = 0; i < start_info->nr_pages; i++)
		if (gfn_mfn(i) < MAX_MFN)
			own_bits[gfn_mfn(i) / 8] |= 1 << gfn_mfn(i) % 8;
}

static u64 next(u64 mfn, u64 step)
{
	if (mfn >= HOLE_BEGIN && mfn < HOLE_END)
		return mfn + 61 < HOLE_END ? mfn + 61 : HOLE_END;
	return own(mfn + 1) ? mfn + 1 : mfn + step;
}

static void sweep(u64 flags, u64 step, const char *what)
{
	u64 mfn, foreign = 0, refused = 0, mapped = 0;

	for (mfn = 0; mfn < MAX_MFN; mfn = next(mfn, step)) {
		long ret = hc_update_va(TEST_VA, mfn * PAGE | flags);

		if (ret == 0 && !own(mfn))
			foreign++;
		if (ret && own(mfn))
			refused++;
		mapped += ret == 0;
	}
	hc_update_va(TEST_VA, 0);
	same(0, foreign, "%s: of %lu frames none that is not the guest's", what, MAX_MFN);
	note("%lu own frames mapped, %lu refused", mapped, refused);
	if (!(flags & PTE_RW))
		same(0, refused, "and all of its own");
	else
		ok(refused >= start_info->nr_pt, "and none of its %lu page tables",
		   (u64)start_info->nr_pt);
}

static void as_table(void)
{
	u64 mfn, bad = 0, l2 = pt_entry(TEST_VA + (1UL << 21), 2), l4 = pt_entry(1UL << 39, 4);

	for (mfn = 0; mfn < MAX_MFN; mfn += 101) {
		if (own(mfn))
			continue;
		bad += hc_mmu_update(l2, mfn * PAGE | PTE_TABLE) == 0;
		bad += hc_mmu_update(l4, mfn * PAGE | PTE_TABLE) == 0;
		bad += hc_mmu_op(PVHV_MMU_PIN, mfn) == 0;
		bad += hc_mmu_op(PVHV_MMU_UNPIN, mfn) == 0;
		bad += hc_mmu_op(PVHV_MMU_LOAD, mfn) == 0;
		bad += hc_mmu_update(mfn * PAGE, 0x4141) == 0;
	}
	same(0, bad, "none as page table, root, or target of an update");
}

static void edges(void)
{
	static const u64 mfns[] = { 0, 1, 0xa0, 0xfee00, 0xfec00, 1UL << 20, 1UL << 24, 1UL << 28,
				    1UL << 32, 1UL << 34, (1UL << 36) - 1, 1UL << 39, (1UL << 40) - 1 };
	static const u64 numbers[] = { 1UL << 40, 1UL << 51, 1UL << 52, (1UL << 52) - 1, 1UL << 63,
				       ~0UL, ~0UL - 1, (1UL << 52) + 1 };
	unsigned int i;
	u64 bad = 0;

	for (i = 0; i < ARRAY_SIZE(mfns); i++) {
		u64 m = mfns[i];

		if (own(m))
			continue;
		bad += hc_update_va(TEST_VA, m * PAGE | PTE_KERN_RO) == 0;
		bad += hc_mmu_update(pt_entry(TEST_VA, 1), m * PAGE | PTE_KERN) == 0;
		bad += hc_mmu_update(pt_entry(TEST_VA, 2), m * PAGE | PTE_TABLE) == 0;
		bad += hc_mmu_update(m * PAGE, 0) == 0;
		bad += hc_mmu_op(PVHV_MMU_PIN, m) == 0;
		bad += hc_mmu_op(PVHV_MMU_LOAD, m) == 0;
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		bad += hc_mmu_op(PVHV_MMU_PIN, numbers[i]) == 0;
		bad += hc_mmu_op(PVHV_MMU_UNPIN, numbers[i]) == 0;
		bad += hc_mmu_op(PVHV_MMU_LOAD, numbers[i]) == 0;
		bad += hc_mmu_update(numbers[i] & ~7UL, 0) == 0;
	}
	same(0, bad, "numbers at the edges: 0, MMIO, the limits of 52 and 64 bits");
}

void test(void)
{
	find_own();
	map_page(TEST_VA, page_alloc(), PTE_KERN);
	edges();
	sweep(PTE_KERN_RO, 1, "read-only");
	sweep(PTE_KERN, 7, "writable");
	as_table();
}
