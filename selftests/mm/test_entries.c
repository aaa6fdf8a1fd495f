// SPDX-License-Identifier: GPL-2.0
/*
 * Single entries: what is refused, what is stored, what is counted.
 */
#include "tests.h"

/* gfns of a small tree below the running root: L3, L2, L1 for user addresses; slot 0 of each. */
#define T_L3	FAKE_FREE_GFN
#define T_L2	(FAKE_FREE_GFN + 1)
#define T_L1	(FAKE_FREE_GFN + 2)
#define T_DATA	(FAKE_FREE_GFN + 3)
#define T_FREE	(FAKE_FREE_GFN + 8)

/* Hooks an L3, L2, L1 and one data page into slot 0 of the loaded root. */
static void make_tree(struct vcpu *v)
{
	struct domain *d = v->dom;

	fake_page(d, T_L3)[0] = fake_pte(d, T_L2, FAKE_TABLE);
	fake_page(d, T_L2)[0] = fake_pte(d, T_L1, FAKE_TABLE);
	fake_page(d, T_L1)[0] = fake_pte(d, T_DATA, FAKE_LEAF | PTE_US);
	CHECK_EQ(fake_set(v, 0, 0, fake_pte(d, T_L3, FAKE_TABLE)), 0);
}

static struct domain *start_with_tree(void)
{
	struct domain *d = fake_started(1, 1024, 1);

	make_tree(d->vcpu[0]);
	CHECK_EQ(fake_audit(d), 0);
	return d;
}

static const u64 level_gfn[5] = { 0, T_L1, T_L2, T_L3, 0 };

void test_hook_and_unhook(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];

	CHECK_EQ(fake_frame(d, T_L3)->word & 15, FRAME_L3 | FW_VALID);
	CHECK_EQ(fake_frame(d, T_L1)->word & 15, FRAME_L1 | FW_VALID);
	CHECK_EQ(FW_COUNT(fake_frame(d, T_DATA)->word), 2);
	CHECK_EQ(fake_store(v, fake_va(d, T_L1), 1), -EFAULT);
	CHECK_EQ(fake_store(v, 0, 7), 0);
	CHECK_EQ(fake_page(d, T_DATA)[0], 7);
	CHECK_EQ(fake_set(v, 0, 0, 0), 0);
	CHECK_EQ(fake_frame(d, T_L3)->word, FW_REF_ONE | FW_COUNT_ONE | FRAME_WRITABLE);
	CHECK_EQ(fake_store(v, fake_va(d, T_L1), 0), 0);
	CHECK_EQ(fake_store(v, 0, 7), -EFAULT);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* What may be in a present entry. */
static int bits_allowed(u64 e)
{
	return !(e & (PTE_PWT | PTE_PCD | PTE_PSE | 0xfULL << 59));
}

static u64 stored(u64 e, unsigned int level, unsigned int slot)
{
	if (!(e & PTE_P))
		return e;
	e &= ~PTE_G;
	return level == 4 && slot >= 256 ? e & ~PTE_US : e;
}

/* B1, A6: every pair of bits outside the address flipped on a present entry of each level. */
static void flip_bits(struct domain *d, unsigned int level, unsigned int slot, u64 flip)
{
	struct vcpu *v = d->vcpu[0];
	u64 *entry = &fake_page(d, level_gfn[level])[slot];
	u64 old = *entry, new = old ^ flip;
	long ret = fake_set(v, level_gfn[level], slot, new);

	/* I4: not present, it must not name the frame */
	if ((new & PTE_P) && bits_allowed(new)) {
		CHECK_EQ(ret, 0);
		CHECK_EQ(*entry, stored(new, level, slot));
	} else {
		CHECK_EQ(ret, -EINVAL);
		CHECK_EQ(*entry, old);
	}
	CHECK_EQ(fake_audit(d), 0);
	CHECK_EQ(fake_set(v, level_gfn[level], slot, old), 0);
	CHECK_EQ(*entry, old);
	CHECK_EQ(fake_audit(d), 0);
}

void test_flip_bits(void)
{
	struct domain *d = start_with_tree();
	unsigned int level, i, j;

	for (level = 1; level <= 4; level++) {
		for (i = 0; i < 64; i++) {
			for (j = i; j < 64; j++) {
				u64 flip = 1ULL << i | 1ULL << j;

				if (!(flip & PTE_ADDR))
					flip_bits(d, level, 0, flip);
			}
		}
	}
	fake_free(d);
}

/* I4 (L1TF): what an entry that is not present may hold. */
static const struct {
	u64 e;
	long ret;
} absent[] = {
	{ PTE_RW | PTE_A, 0 },
	{ PTE_PSE, -EINVAL },			/* the first large page */
	{ 1ULL << 12, -EINVAL },
	{ (FAKE_FRAMES - 1ULL) << 12, -EINVAL },
	{ (u64)FAKE_FRAMES << 12, 0 },
	{ 1ULL << 44 | 5ULL << 12, -EINVAL },	/* caches compare fewer bits than there are */
	{ 1ULL << 51 | 5ULL << 12 | PTE_NX, -EINVAL },
	{ ~(5ULL << 12) & PTE_ADDR, 0 },	/* as Linux inverts them */
	{ (~(5ULL << 12) & PTE_ADDR) | PTE_PSE, -EINVAL },
};

void test_absent(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];
	unsigned int level, i, slot = 7;
	mfn_t l4 = fake_mfn(d, T_FREE);

	for (i = 0; i < ARRAY_SIZE(absent); i++) {
		u64 e = absent[i].e;

		for (level = 1; level <= 4; level++) {
			CHECK_EQ(fake_set(v, level_gfn[level], slot, e), absent[i].ret);
			CHECK_EQ(fake_page(d, level_gfn[level])[slot], absent[i].ret ? 0 : e);
			CHECK_EQ(fake_set(v, level_gfn[level], slot, 0), 0);
		}
		CHECK_EQ(mmu_update_va(v, slot << 12, e), absent[i].ret);
		CHECK_EQ(mmu_update_va(v, slot << 12, 0), 0);
		/* stored by the guest itself before the page becomes a table */
		fake_page(d, T_FREE)[slot] = e;
		CHECK_EQ(mm_pin(v, l4), absent[i].ret);
		if (!absent[i].ret)
			CHECK_EQ(mm_unpin(v, l4), 0);
		CHECK_EQ(fake_audit(d), 0);
	}
	fake_free(d);
}

/* The upper half of an L4 never grants anything to applications. */
void test_upper_half_is_kernel(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];
	unsigned int slot = pte_index(PVHV_DIRECTMAP_VA, 4);

	CHECK_EQ(fake_set(v, 0, 300, fake_pte(d, T_L3, FAKE_TABLE)), 0);
	CHECK_EQ(fake_page(d, 0)[300], fake_pte(d, T_L3, FAKE_TABLE & ~PTE_US));
	CHECK_EQ(fake_set(v, 0, 20, fake_pte(d, T_L3, FAKE_TABLE | PTE_G)), 0);
	CHECK_EQ(fake_page(d, 0)[20], fake_pte(d, T_L3, FAKE_TABLE));
	CHECK_EQ(fake_set(v, 0, slot, fake_page(d, 0)[slot] | PTE_US), 0);
	CHECK(!(fake_page(d, 0)[slot] & PTE_US));
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* B2: a read-only mapping of a page table never becomes writable, by no command. */
void test_self_map_upgrade(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];
	unsigned int level;

	for (level = 1; level <= 4; level++) {
		u64 ro = fake_pte(d, level_gfn[level], PTE_P | PTE_US);

		CHECK_EQ(fake_set(v, T_L1, 5, ro), 0);
		CHECK_EQ(fake_set(v, T_L1, 5, ro | PTE_RW), -EBUSY);
		CHECK_EQ(fake_update(v, fake_mfn(d, T_L1), 5, PVHV_MMU_SET_KEEP_AD, ro | PTE_RW), -EBUSY);
		CHECK_EQ(mmu_update_va(v, 5 * 4096, ro | PTE_RW), -EBUSY);
		CHECK_EQ(fake_page(d, T_L1)[5], ro);
		CHECK_EQ(fake_set(v, T_L1, 6, ro | PTE_RW), -EBUSY);
		CHECK_EQ(fake_page(d, T_L1)[6], 0);
		CHECK_EQ(fake_audit(d), 0);
	}
	fake_free(d);
}

/* B3: tables of the same or a higher level, or a level left out. */
void test_linear_tables(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];
	unsigned int level, target;

	for (level = 2; level <= 4; level++) {
		for (target = 1; target <= 4; target++) {
			u64 e = fake_pte(d, level_gfn[target], FAKE_TABLE);
			long want = target == level - 1 ? 0 : -EBUSY;

			CHECK_EQ(fake_set(v, level_gfn[level], 9, e), want);
			CHECK_EQ(fake_set(v, level_gfn[level], 9, e & ~PTE_RW), want);
			CHECK_EQ(fake_audit(d), 0);
			CHECK_EQ(fake_set(v, level_gfn[level], 9, 0), 0);
		}
	}
	/* a fresh table that names itself, and a loop of two */
	fake_page(d, T_FREE)[0] = fake_pte(d, T_FREE, FAKE_TABLE);
	CHECK_EQ(fake_set(v, T_L3, 1, fake_pte(d, T_FREE, FAKE_TABLE)), -EBUSY);
	fake_page(d, T_FREE)[0] = fake_pte(d, T_FREE + 1, FAKE_TABLE);
	fake_page(d, T_FREE + 1)[0] = fake_pte(d, T_FREE, FAKE_TABLE);
	CHECK_EQ(fake_set(v, 0, 1, fake_pte(d, T_FREE, FAKE_TABLE)), -EBUSY);
	CHECK_EQ(fake_pin(v, fake_mfn(d, T_FREE)), -EBUSY);
	CHECK_EQ(fake_frame(d, T_FREE)->word, FW_REF_ONE | FW_COUNT_ONE | FRAME_WRITABLE);
	CHECK_EQ(fake_store(v, fake_va(d, T_FREE), 0), 0);
	CHECK_EQ(fake_store(v, fake_va(d, T_FREE + 1), 0), 0);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

static long bad_frame_error(u64 mfn)
{
	if (mfn >= FAKE_FRAMES || mfn / HV_CHUNK_FRAMES == FAKE_HOLE)
		return -ERANGE;
	return -EPERM;
}

/* B4, A10: frame numbers that are nobody's, beyond all, or another domain's. */
void test_bad_frames(void)
{
	struct domain *d = start_with_tree(), *other = fake_started(2, 1024, 1);
	struct vcpu *v = d->vcpu[0];
	u64 bad[] = { FAKE_FRAMES, FAKE_FRAMES + 1, FAKE_HOLE * HV_CHUNK_FRAMES,
		      FAKE_HOLE * HV_CHUNK_FRAMES + 511, 1ULL << 39, (1ULL << 40) - 1,
		      fake_mfn(other, 0).v, fake_mfn(other, 1).v, fake_mfn(other, 100).v };
	unsigned int i, level;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		long want = bad_frame_error(bad[i]);

		for (level = 1; level <= 4; level++) {
			u64 e = bad[i] << HV_PAGE_SHIFT | PTE_P;

			CHECK_EQ(fake_set(v, level_gfn[level], 77, e), want);
			CHECK_EQ(fake_set(v, level_gfn[level], 77, e | PTE_RW), want);
			fake_page(d, T_FREE)[level == 1 ? 3 : 511] = e;
			fake_page(d, T_FREE)[level == 1 ? 511 : 3] = 0;
			if (level > 1)
				CHECK_EQ(fake_set(v, level_gfn[level], 77,
						  fake_pte(d, T_FREE, FAKE_TABLE)), want);
		}
		CHECK_EQ(fake_pin(v, MFN(bad[i])), want);
		CHECK_EQ(fake_unpin(v, MFN(bad[i])), want);
		CHECK_EQ(fake_load(v, MFN(bad[i])), -EINVAL);
		CHECK_EQ(fake_update(v, MFN(bad[i]), 0, PVHV_MMU_SET, 0), want);
		CHECK_EQ(fake_update(v, MFN(bad[i]), 0, PVHV_MMU_CLEAR, 0), want);
	}
	CHECK_EQ(fake_update(v, MFN(~0ULL >> 12), 0, PVHV_MMU_SET, 0), -ERANGE);
	CHECK_EQ(fake_pin(v, MFN(~0ULL)), -ERANGE);
	CHECK_EQ(fake_audit(d), 0);
	CHECK_EQ(fake_audit(other), 0);
	fake_free(d);
	fake_free(other);
}

/* A9: the hypervisor's slots, by update and in a prefilled L4; present or not. */
void test_hypervisor_slots(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];
	unsigned int slot;

	for (slot = 254; slot <= 274; slot++) {
		long want = slot >= 256 && slot <= 271 ? -EINVAL : 0;

		CHECK_EQ(fake_set(v, 0, slot, fake_pte(d, T_L3, FAKE_TABLE)), want);
		CHECK_EQ(fake_set(v, 0, slot, 2), want);
		CHECK_EQ(fake_set(v, 0, slot, 0), 0);
		CHECK_EQ(fake_update(v, fake_mfn(d, 0), slot, PVHV_MMU_CLEAR_RW, 0), 0);
		fake_page(d, T_FREE)[slot] = 2;
		CHECK_EQ(fake_pin(v, fake_mfn(d, T_FREE)), want);
		if (!want)
			CHECK_EQ(fake_unpin(v, fake_mfn(d, T_FREE)), 0);
		fake_page(d, T_FREE)[slot] = fake_pte(d, T_L3, FAKE_TABLE);
		CHECK_EQ(fake_pin(v, fake_mfn(d, T_FREE)), want);
		if (!want)
			CHECK_EQ(fake_unpin(v, fake_mfn(d, T_FREE)), 0);
		fake_page(d, T_FREE)[slot] = 0;
		CHECK_EQ(fake_page(d, 0)[slot], 0);
	}
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* B15: the low three bits of ptr are the command, whatever the frame is. */
void test_commands(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];
	u64 e = fake_pte(d, T_DATA, PTE_P | PTE_RW | PTE_A | PTE_D);
	unsigned int cmd, level;
	u64 *entry = &fake_page(d, T_L1)[511];
	mfn_t l1 = fake_mfn(d, T_L1);

	for (level = 1; level <= 4; level++) {
		for (cmd = 5; cmd < 8; cmd++)
			CHECK_EQ(fake_update(v, fake_mfn(d, level_gfn[level]), 511, cmd, 0), -EINVAL);
	}
	CHECK_EQ(fake_update(v, l1, 511, PVHV_MMU_SET, e), 0);
	CHECK_EQ(fake_update(v, l1, 511, PVHV_MMU_CLEAR_A, 0), 0);
	CHECK_EQ(*entry, e & ~PTE_A);
	CHECK_EQ(fake_update(v, l1, 511, PVHV_MMU_SET_KEEP_AD, e & ~(PTE_D | PTE_A | PTE_RW)), 0);
	CHECK_EQ(*entry, e & ~(PTE_A | PTE_RW));
	CHECK_EQ(FW_COUNT(fake_frame(d, T_DATA)->word), 2);
	CHECK_EQ(FW_REFS(fake_frame(d, T_DATA)->word), 3);
	CHECK_EQ(fake_update(v, l1, 511, PVHV_MMU_SET, e), 0);
	CHECK_EQ(FW_COUNT(fake_frame(d, T_DATA)->word), 3);
	CHECK_EQ(fake_update(v, l1, 511, PVHV_MMU_CLEAR_RW, 0), 0);
	CHECK_EQ(*entry, e & ~PTE_RW);
	CHECK_EQ(fake_update(v, l1, 511, PVHV_MMU_CLEAR, ~0ULL), 0);
	CHECK_EQ(*entry, 0);
	/* bits of what is not present are not A, D, RW */
	CHECK_EQ(fake_update(v, l1, 511, PVHV_MMU_SET, 0xf63 & ~PTE_P), 0);
	CHECK_EQ(fake_update(v, l1, 511, PVHV_MMU_CLEAR_RW, 0), 0);
	CHECK_EQ(fake_update(v, l1, 511, PVHV_MMU_CLEAR_A, 0), 0);
	CHECK_EQ(*entry, 0xf62);
	CHECK_EQ(fake_update(v, l1, 511, PVHV_MMU_SET_KEEP_AD, e & ~(PTE_A | PTE_D)), 0);
	CHECK_EQ(*entry, e & ~(PTE_A | PTE_D));
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* Frames that are no page tables: stored as it is; not where it could not be written. */
void test_plain_frames(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];
	mfn_t m = fake_mfn(d, T_FREE);
	u64 *p = fake_page(d, T_FREE), word = fake_frame(d, T_FREE)->word;

	CHECK_EQ(fake_update(v, m, 3, PVHV_MMU_SET, ~0ULL), 0);
	CHECK_EQ(p[3], ~0ULL);
	CHECK_EQ(fake_update(v, m, 3, PVHV_MMU_CLEAR_RW, 0), 0);
	CHECK_EQ(p[3], ~PTE_RW);
	CHECK_EQ(fake_update(v, m, 3, PVHV_MMU_CLEAR, 0), 0);
	CHECK_EQ(p[3], 0);
	CHECK_EQ(fake_frame(d, T_FREE)->word, word);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* C4, E1: addresses. */
void test_update_va(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];
	u64 e = fake_pte(d, T_DATA, FAKE_LEAF | PTE_US), word;
	static const u64 refused[] = {	/* not canonical, the hypervisor's */
		1ULL << 47, 0xffff7fffffffffff, 1ULL << 63, PVHV_GATE_BASE, PVHV_VCPU_VA,
		PVHV_M2P_VA, 0xffff87fffffff000,
	};
	static const u64 nothing[] = {	/* no L1 table there */
		(1ULL << 47) - 4096, 0xfffffffffffff000, 1ULL << 21, 1ULL << 39,
		0xffff880000000000,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		CHECK(!pte_va_ok(refused[i]));
		CHECK_EQ(mmu_update_va(v, refused[i], e), -EINVAL);
		CHECK_EQ(mmu_update_va(v, refused[i], 0), -EINVAL);
		CHECK_EQ(guest_read(v, refused[i], &word, 8), -EFAULT);
		CHECK_EQ(guest_write(v, refused[i], &word, 8), -EFAULT);
	}
	for (i = 0; i < ARRAY_SIZE(nothing); i++) {
		CHECK_EQ(mmu_update_va(v, nothing[i], e), -EINVAL);
		CHECK_EQ(mmu_update_va(v, nothing[i], 0), -EINVAL);
		CHECK_EQ(guest_read(v, nothing[i], &word, 8), -EFAULT);
		CHECK_EQ(guest_write(v, nothing[i], &word, 8), -EFAULT);
	}
	CHECK_EQ(mmu_update_va(v, 0x7123, e), 0);
	CHECK_EQ(fake_page(d, T_L1)[7], e);
	CHECK_EQ(mmu_update_va(v, 0x7000, e | PTE_PSE), -EINVAL);
	CHECK_EQ(mmu_update_va(v, 0x7000, fake_pte(d, T_L2, FAKE_LEAF)), -EBUSY);
	CHECK_EQ(mmu_update_va(v, 0x7000, 0), 0);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

void test_guest_access(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];
	u8 in[300], out[300];
	unsigned int i;
	u64 x = 1;

	for (i = 0; i < sizeof(in); i++)
		in[i] = i * 7;
	/* over a page boundary of the direct map */
	CHECK_EQ(guest_write(v, fake_va(d, T_FREE + 1) - 100, in, 300), 0);
	CHECK_EQ(guest_read(v, fake_va(d, T_FREE + 1) - 100, out, 300), 0);
	CHECK(!memcmp(in, out, 300));
	CHECK(!memcmp(fake_page(d, T_FREE + 1), in + 100, 200));
	/* page tables: readable, not writable */
	CHECK_EQ(guest_read(v, fake_va(d, T_L1), &x, 8), 0);
	CHECK_EQ(x, fake_page(d, T_L1)[0]);
	CHECK_EQ(guest_write(v, fake_va(d, T_L1), &x, 8), -EFAULT);
	/* even where an entry were writable that must not be */
	fake_page(d, 3)[T_L1] |= PTE_RW;
	CHECK_EQ(guest_write(v, fake_va(d, T_L1), &x, 8), -EFAULT);
	fake_page(d, 3)[T_L1] &= ~PTE_RW;
	/* into a page table over a boundary */
	CHECK_EQ(guest_write(v, fake_va(d, T_L3) - 4, in, 8), -EFAULT);
	/* not writable at a level above */
	CHECK_EQ(guest_write(v, 16, &x, 8), 0);
	CHECK_EQ(fake_set(v, T_L3, 0, fake_pte(d, T_L2, FAKE_TABLE & ~PTE_RW)), 0);
	CHECK_EQ(guest_write(v, 16, &x, 8), -EFAULT);
	CHECK_EQ(guest_read(v, 16, &x, 8), 0);
	/* top of the address space: no wrap */
	CHECK_EQ(guest_read(v, ~0ULL - 3, &x, 8), -EFAULT);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* What a processor still knows of before, when nobody has asked for a flush yet. */
void test_stale_tlb(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];
	struct pvhv_mmu_update clear = {
		.ptr = fake_mfn(d, T_L1).v * HV_PAGE_SIZE + 5 * 8 + PVHV_MMU_CLEAR,
	};
	struct pvhv_mmu_update read_only = {
		.ptr = fake_mfn(d, T_L1).v * HV_PAGE_SIZE + 5 * 8 + PVHV_MMU_CLEAR_RW,
	};

	/* a frame's only writable mapping goes; then it becomes a table */
	CHECK_EQ(mmu_update_va(v, fake_va(d, T_FREE), 0), 0);
	CHECK_EQ(fake_set(v, T_L1, 5, fake_pte(d, T_FREE, FAKE_LEAF)), 0);
	CHECK_EQ(fake_store(v, 5 * 4096, 0), 0);
	CHECK_EQ(fake_update_once(v, &clear), 0);
	CHECK_EQ(fake_pin(v, fake_mfn(d, T_FREE)), 0);
	CHECK_EQ(fake_store(v, 5 * 4096, 0), -EFAULT);
	CHECK_EQ(fake_unpin(v, fake_mfn(d, T_FREE)), 0);
	/* the same, made read-only */
	CHECK_EQ(fake_set(v, T_L1, 5, fake_pte(d, T_FREE, FAKE_LEAF)), 0);
	CHECK_EQ(fake_store(v, 5 * 4096, 0), 0);
	CHECK_EQ(fake_update_once(v, &read_only), 0);
	CHECK_EQ(fake_pin(v, fake_mfn(d, T_FREE)), 0);
	CHECK_EQ(fake_store(v, 5 * 4096, 0), -EFAULT);
	CHECK_EQ(fake_unpin(v, fake_mfn(d, T_FREE)), 0);
	mmu_update_end(v);
	/* a table goes whose address the processor remembers */
	CHECK_EQ(fake_store(v, 0, 0), 0);
	clear.ptr = fake_mfn(d, T_L2).v * HV_PAGE_SIZE + PVHV_MMU_CLEAR;
	CHECK_EQ(fake_update_once(v, &clear), 0);
	CHECK_EQ(fake_frame(d, T_L1)->word & FW_TYPE, FRAME_WRITABLE);
	CHECK_EQ(fake_store(v, 0, 0), -EFAULT);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* One stay under the lock: to the first entry that is none of an L1 table, or is refused; what was done stays. */
void test_batch(void)
{
	struct domain *d = start_with_tree();
	struct vcpu *v = d->vcpu[0];
	u64 l1 = fake_mfn(d, T_L1).v * HV_PAGE_SIZE, l2 = fake_mfn(d, T_L2).v * HV_PAGE_SIZE;
	u64 leaf = fake_pte(d, T_FREE, PTE_P);
	struct pvhv_mmu_update q[] = {
		{ l1 + 5 * 8, leaf }, { l1 + 6 * 8, leaf },	/* no more than asked for */
		{ l1 + 7 * 8, leaf }, { l2 + 9 * 8, 0 },	/* alone, at the end of its stay */
		{ l1 + 8 * 8, leaf }, { l1 + 9 * 8 + 7, leaf },	/* no such command */
		{ l1 + 10 * 8, leaf },
	};
	u64 *t = fake_page(d, T_L1);
	u64 done = 0;

	CHECK_EQ(mmu_update(v, q, &done, 2), 0);
	CHECK_EQ(done, 2);
	CHECK_EQ(t[6] & PTE_P, PTE_P);
	CHECK_EQ(t[7], 0);
	CHECK_EQ(mmu_update(v, q, &done, ARRAY_SIZE(q)), 0);
	CHECK_EQ(done, 4);
	CHECK_EQ(t[8], 0);
	CHECK_EQ(mmu_update(v, q, &done, ARRAY_SIZE(q)), -EINVAL);
	CHECK_EQ(done, 5);
	CHECK_EQ(t[8] & PTE_P, PTE_P);
	CHECK_EQ(t[10], 0);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}
