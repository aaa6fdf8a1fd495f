// SPDX-License-Identifier: GPL-2.0
/*
 * B1 (XSA-148): a fast path for harmless changes of an entry let PSE through.
 * Attack: each bit and each pair of bits flipped on present entries of all levels.
 * Must happen: PSE, PAT, PCD, PWT and protection keys are refused and change
 * nothing; what is accepted is stored as it was given, but for G and U above.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define LOW_VA		0x100000000000UL
#define HIGH_VA		0xffffc90000000000UL
#define REFUSED		(PTE_PWT | PTE_PCD | PTE_PSE | 0xfUL << 59)

static bool own(u64 mfn)
{
	u64 gfn;

	return try_read(PVHV_M2P_VA + 8 * mfn, &gfn) == NO_TRAP && gfn < start_info->nr_pages &&
	       gfn_mfn(gfn) == mfn;
}

/* What the entry reads as after val was stored. */
static u64 stored(u64 val, unsigned int level, u64 va)
{
	if (!(val & PTE_P))
		return val;
	val &= ~PTE_G;
	if (level == 4 && va >> 63)
		val &= ~PTE_US;
	return val;
}

#define AD (PTE_A | PTE_D)

/* 0 if the hypervisor did as it should with val over old. */
static u64 wrong(u64 ptr, u64 va, unsigned int level, u64 old, u64 val)
{
	long ret = hc_mmu_update(ptr, val);
	u64 now = pt_read(va, level);
	u64 bad = 0;

	if ((val & PTE_P) && (val & REFUSED) && ret != -EINVAL)
		bad = 1;
	if (!ret && (val & PTE_P) && !own((val & PTE_ADDR) / PAGE))
		bad = 2;
	if (!ret && ((now ^ stored(val, level, va)) & ~AD))
		bad = 3;
	if (ret && now != old && ((now ^ old) & ~AD))
		bad = 4;
	/* same frame, nothing refused: there is no reason to refuse */
	if (ret && !((val ^ old) & PTE_ADDR) && !((val & PTE_P) && (val & REFUSED)))
		bad = 5;
	if (!ret && hc_mmu_update(ptr, old))
		guest_panic("the old entry %lx was refused after %lx at level %u", old, val, level);
	return bad;
}

static void flip(u64 va, unsigned int level)
{
	u64 ptr = pt_entry(va, level), old = pt_read(va, level), n = 0, bad = 0, first = 0, why = 0;
	unsigned int i, j;

	for (i = 0; i < 64; i++) {
		for (j = i; j < 64; j++) {
			u64 val = old ^ (1UL << i) ^ (i == j ? 0 : 1UL << j);
			u64 w = wrong(ptr, va, level, old, val);

			n++;
			if (w) {
				bad++;
				first = val;
				why = w;
			}
		}
	}
	if (!same(0, bad, "level %u at %lx: %lu changes", level, va, n))
		note("for instance %lx over %lx, kind %lu", first, old, why);
}

static void update_va(u64 va)
{
	u64 old = pt_read(va, 1), bad = 0;
	unsigned int i;

	for (i = 0; i < 64; i++) {
		long ret = hc_update_va(va, old ^ 1UL << i);

		if ((1UL << i & REFUSED) && ret != -EINVAL)
			bad++;
		if (!ret && hc_update_va(va, old))
			bad++;
	}
	same(0, bad, "single bits by UPDATE_VA");
}

void test(void)
{
	unsigned int level;

	map_page(LOW_VA, page_alloc(), PTE_USER);
	map_page(HIGH_VA, page_alloc(), PTE_KERN);
	for (level = 1; level <= 4; level++) {
		flip(LOW_VA, level);
		flip(HIGH_VA, level);
	}
	update_va(LOW_VA);
}
