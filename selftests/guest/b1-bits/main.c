// SPDX-License-Identifier: GPL-2.0
/*
 * B1 (XSA-148), I4 (L1TF): a fast path for harmless changes of an entry let PSE through.
 * Attack: each bit and each pair of bits flipped on present entries of all levels.
 * Must happen: PSE, PAT, PCD, PWT and protection keys are refused and change
 * nothing; what is accepted is stored as it was given, but for G and U above.
 * An entry that is not present names no memory: no address of a frame, no large page.
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
	if (ret && !((val ^ old) & PTE_ADDR) && (val & PTE_P) && !(val & REFUSED))
		bad = 5;
	if (!(val & PTE_P) && ret != -EINVAL && own((val & PTE_ADDR) / PAGE))
		bad = 6;
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

/* By every way that an entry gets into a table: one of memory, of nothing, of Linux' kind. */
static void absent(u64 va, u64 e, long want, const char *what)
{
	u64 *root = root_new(), bad = 0;
	unsigned int level;

	for (level = 1; level <= 4; level++) {
		u64 at = va + (1UL << (12 + 9 * (level - 1)));

		bad += hc_mmu_update(pt_entry(at, level), e) != want;
		bad += pt_read(at, level) != (want ? 0 : e);
		bad += hc_mmu_update(pt_entry(at, level), 0) != 0;
	}
	bad += hc_update_va(va + PAGE, e) != want;
	bad += hc_update_va(va + PAGE, 0) != 0;
	root[1] = e;
	bad += root_pin(root) != want;
	bad += !want && root_unpin(root);
	same(0, bad, "not present, with %s: %s", what, want ? "refused" : "stored");
}

static void all_absent(u64 va)
{
	u64 mine = page_mfn(boot_root) * PAGE;

	absent(va, PTE_RW | PTE_D, 0, "no address");
	absent(va, mine, -EINVAL, "a frame of its own");
	absent(va, mine + PAGE * PAGE, -EINVAL, "another one");
	absent(va, mine | 1UL << 50, -EINVAL, "a frame behind bits that caches ignore");
	absent(va, PTE_PSE, -EINVAL, "a large page");
	absent(va, ~mine & PTE_ADDR, 0, "the inverse of a frame");
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
	all_absent(LOW_VA);
}
