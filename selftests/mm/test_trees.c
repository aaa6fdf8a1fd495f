// SPDX-License-Identifier: GPL-2.0
/*
 * Whole trees: pin, unpin, preemption, roots, start and teardown.
 */
#include "tests.h"

#define G_L4	FAKE_FREE_GFN
#define G_L3	(FAKE_FREE_GFN + 1)
#define G_L2	(FAKE_FREE_GFN + 2)
#define G_L1	(FAKE_FREE_GFN + 3)	/* 3 of them */
#define G_DATA	(FAKE_FREE_GFN + 8)
#define G_OTHER	(FAKE_FREE_GFN + 16)

/* A process' tables, stored natively: 3 L1s with 4 pages each, the kernel half as the running root's. */
static void build_process(struct vcpu *v, u64 l4, u64 l3, u64 l2, u64 l1)
{
	struct domain *d = v->dom;
	unsigned int i, slot = pte_index(d->directmap_va, 4);

	for (i = 0; i < 3; i++) {
		unsigned int j;

		for (j = 0; j < 4; j++)
			fake_page(d, l1 + i)[j * 100] = fake_pte(d, G_DATA + j, FAKE_LEAF | PTE_US);
		fake_page(d, l2)[i * 255] = fake_pte(d, l1 + i, FAKE_TABLE);
	}
	fake_page(d, l3)[1] = fake_pte(d, l2, FAKE_TABLE);
	fake_page(d, l4)[0] = fake_pte(d, l3, FAKE_TABLE);
	fake_page(d, l4)[slot] = fake_page(d, 0)[slot];
}

/* Words of all frames and contents of all memory, to see that an error changed nothing. */
struct snapshot {
	u64 *words;
	u64 *memory;
};

static struct snapshot snapshot_take(struct domain *d)
{
	struct snapshot s = { malloc(d->max_pages * 8), malloc(d->max_pages * 4096) };
	u64 g;

	for (g = 0; g < d->max_pages; g++) {
		s.words[g] = fake_frame(d, g)->word;
		memcpy((char *)s.memory + g * 4096, fake_page(d, g), 4096);
	}
	return s;
}

static void snapshot_check(struct domain *d, struct snapshot s)
{
	u64 g;

	for (g = 0; g < d->max_pages; g++) {
		CHECK_EQ(fake_frame(d, g)->word, s.words[g]);
		CHECK(!memcmp((char *)s.memory + g * 4096, fake_page(d, g), 4096));
	}
	free(s.words);
	free(s.memory);
}

/* Each index of a table of each level once holds what is refused; nothing is changed by the failing pin. */
void test_pin_invalid_entry(void)
{
	struct domain *d = fake_started(1, 128, 1);
	struct vcpu *v = d->vcpu[0];
	u64 tables[] = { G_L4, G_L3, G_L2, G_L1, G_L1 + 2 };
	unsigned int t, i;

	build_process(v, G_L4, G_L3, G_L2, G_L1);
	for (t = 0; t < 5; t++) {
		struct snapshot s;
		u64 *table = fake_page(d, tables[t]);

		for (i = 0; i < 512; i++) {
			u64 old = table[i];
			long want = t == 0 && i >= 256 && i <= 271 ? -EINVAL : -ERANGE;

			table[i] = (u64)FAKE_FRAMES << 12 | PTE_P;
			s = snapshot_take(d);
			CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), want);
			snapshot_check(d, s);
			table[i] = old | PTE_PCD | PTE_P;
			CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), -EINVAL);
			table[i] = old;
			if (i % 64 == 0)
				CHECK_EQ(fake_audit(d), 0);
		}
	}
	CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), 0);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* With the smallest slice each call stops after one entry or table; the audit holds at each stop. */
static long pin_in_steps(struct vcpu *v, mfn_t m, int pin, unsigned int *calls)
{
	long ret;

	*calls = 0;
	do {
		ret = pin ? mm_pin(v, m) : mm_unpin(v, m);
		++*calls;
		CHECK_EQ(fake_audit(v->dom), 0);
	} while (ret == MM_AGAIN);
	return ret;
}

void test_preempt_everywhere(void)
{
	struct domain *d = fake_started(1, 1024, 1);
	struct vcpu *v = d->vcpu[0];
	unsigned int calls, bad;
	struct snapshot s;
	int old = fake_slice;

	build_process(v, G_L4, G_L3, G_L2, G_L1);
	s = snapshot_take(d);
	fake_slice = 1;
	CHECK_EQ(pin_in_steps(v, fake_mfn(d, G_L4), 1, &calls), 0);
	CHECK(calls > 6 * 490);
	CHECK_EQ(pin_in_steps(v, fake_mfn(d, G_L4), 0, &calls), 0);
	CHECK(calls > 6 * 490);
	snapshot_check(d, s);
	/* errors late in the tree, in steps */
	for (bad = 0; bad < 3; bad++) {
		fake_slice = 1 + bad * 50;
		fake_page(d, G_L1 + bad)[500] = PTE_P | PTE_PSE;
		s = snapshot_take(d);
		CHECK_EQ(pin_in_steps(v, fake_mfn(d, G_L4), 1, &calls), -EINVAL);
		snapshot_check(d, s);
		fake_page(d, G_L1 + bad)[500] = 0;
	}
	/* the same through an entry of a running root */
	fake_slice = 1;
	s = snapshot_take(d);
	CHECK_EQ(fake_set(v, 0, 3, fake_pte(d, G_L3, FAKE_TABLE)), 0);
	CHECK_EQ(fake_audit(d), 0);
	CHECK_EQ(fake_set(v, 0, 3, 0), 0);
	snapshot_check(d, s);
	fake_slice = old;
	fake_free(d);
}

/* Gfn 197 is the L4 of 20 full L1s (200 .. 219), all of whose entries name gfn 300. */
static void build_full(struct domain *d)
{
	unsigned int i, j;

	for (i = 0; i < 20; i++) {
		for (j = 0; j < 512; j++)
			fake_page(d, 200 + i)[j] = fake_pte(d, 300, PTE_P);
		fake_page(d, 199)[i] = fake_pte(d, 200 + i, FAKE_TABLE);
	}
	fake_page(d, 198)[0] = fake_pte(d, 199, FAKE_TABLE);
	fake_page(d, 197)[0] = fake_pte(d, 198, FAKE_TABLE);
}

/* 4,096 present entries at most are looked at in a call. */
void test_slice_bound(void)
{
	struct domain *d = fake_started(1, 1024, 1);
	struct vcpu *v = d->vcpu[0];
	u64 before;
	long ret;

	build_full(d);
	do {
		before = FW_REFS(fake_frame(d, 300)->word);
		ret = mm_pin(v, fake_mfn(d, 197));
		CHECK(FW_REFS(fake_frame(d, 300)->word) - before <= 4096);
	} while (ret == MM_AGAIN);
	CHECK_EQ(ret, 0);
	CHECK_EQ(FW_REFS(fake_frame(d, 300)->word), 20 * 512 + 1);
	do {
		before = FW_REFS(fake_frame(d, 300)->word);
		ret = mm_unpin(v, fake_mfn(d, 197));
		CHECK(before - FW_REFS(fake_frame(d, 300)->word) <= 4096);
	} while (ret == MM_AGAIN);
	CHECK_EQ(ret, 0);
	CHECK_EQ(fake_audit(d), 0);
	/* the end of the domain, too */
	CHECK_EQ(fake_pin(v, fake_mfn(d, 197)), 0);
	fake_free(d);
}

/* vCPU 0 begins, and never comes back; or comes back after vCPU 1 has done its work. */
void test_helped(void)
{
	struct domain *d = fake_started(1, 1024, 2);
	struct vcpu *a = d->vcpu[0], *b = d->vcpu[1];
	mfn_t l4 = fake_mfn(d, G_L4), other = fake_mfn(d, G_OTHER);
	int old = fake_slice, i;

	build_process(a, G_L4, G_L3, G_L2, G_L1);
	build_process(a, G_OTHER, G_OTHER + 1, G_OTHER + 2, G_OTHER + 3);
	for (i = 0; i < 3000; i += 97) {
		int n;

		fake_slice = 1;
		for (n = 0; n < i && mm_pin(a, l4) == MM_AGAIN; n++)
			;
		/* nobody uses what is not valid yet */
		CHECK_EQ(mm_root_get(d, l4), -EINVAL);
		CHECK_EQ(fake_update(b, other, 5, PVHV_MMU_SET, 6), 0);
		fake_slice = 1 + i;
		CHECK_EQ(fake_pin(b, other), 0);
		CHECK_EQ(fake_audit(d), 0);
		CHECK_EQ(mm_pin(a, l4), i ? 0 : MM_AGAIN);
		CHECK_EQ(fake_pin(a, l4), 0);
		/* unpin is begun by a, finished by b's unpin of another; a's call still says 0, once */
		fake_slice = 1;
		CHECK_EQ(mm_unpin(a, l4), MM_AGAIN);
		CHECK_EQ(mm_root_get(d, l4), -EINVAL);
		fake_slice = old;
		CHECK_EQ(fake_unpin(b, other), 0);
		CHECK_EQ(mm_unpin(a, l4), 0);
		CHECK_EQ(mm_unpin(a, l4), -EINVAL);
		CHECK_EQ(fake_audit(d), 0);
	}
	/* an abandoned invalidation does not keep a frame for ever */
	CHECK_EQ(fake_pin(a, l4), 0);
	fake_slice = 1;
	CHECK_EQ(mm_unpin(a, l4), MM_AGAIN);
	fake_slice = old;
	CHECK_EQ(fake_update(b, l4, 0, PVHV_MMU_CLEAR, 0), 0);
	CHECK_EQ(fake_page(d, G_L4)[0], 0);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

void test_shared_subtrees(void)
{
	struct domain *d = fake_started(1, 1024, 1);
	struct vcpu *v = d->vcpu[0];
	struct snapshot s;

	build_process(v, G_L4, G_L3, G_L2, G_L1);
	fake_page(d, G_OTHER)[0] = fake_pte(d, G_L3, FAKE_TABLE);
	fake_page(d, G_OTHER)[1] = fake_pte(d, G_L3, FAKE_TABLE);
	fake_page(d, G_L3)[2] = fake_pte(d, G_L2, FAKE_TABLE);
	fake_page(d, G_L2)[9] = fake_pte(d, G_L1, FAKE_TABLE);
	s = snapshot_take(d);
	CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), 0);
	CHECK_EQ(fake_pin(v, fake_mfn(d, G_OTHER)), 0);
	CHECK_EQ(FW_COUNT(fake_frame(d, G_L3)->word), 3);
	CHECK_EQ(FW_COUNT(fake_frame(d, G_L1)->word), 2);
	CHECK_EQ(fake_audit(d), 0);
	CHECK_EQ(fake_unpin(v, fake_mfn(d, G_L4)), 0);
	CHECK_EQ(fake_frame(d, G_L3)->word & FW_TYPE, FRAME_L3);
	CHECK_EQ(fake_audit(d), 0);
	CHECK_EQ(fake_unpin(v, fake_mfn(d, G_OTHER)), 0);
	snapshot_check(d, s);
	fake_free(d);
}

/* A second writable mapping, wherever it is, keeps a frame from becoming a table of any level. */
void test_writable_frames(void)
{
	struct domain *d = fake_started(1, 1024, 1);
	struct vcpu *v = d->vcpu[0];
	u64 tables[] = { G_L4, G_L3, G_L2, G_L1 + 1 };
	unsigned int t;

	build_process(v, G_L4, G_L3, G_L2, G_L1);
	fake_page(d, G_OTHER + 1)[0] = fake_pte(d, G_OTHER + 2, FAKE_TABLE);
	fake_page(d, G_OTHER + 2)[0] = fake_pte(d, G_OTHER + 3, FAKE_TABLE);
	CHECK_EQ(fake_set(v, 0, 7, fake_pte(d, G_OTHER + 1, FAKE_TABLE)), 0);
	for (t = 0; t < 4; t++) {
		u64 rw = fake_pte(d, tables[t], FAKE_LEAF), va = fake_va(d, tables[t]), e;
		struct snapshot s;

		/* beside the direct map's */
		CHECK_EQ(fake_set(v, G_OTHER + 3, 0, rw), 0);
		s = snapshot_take(d);
		CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), -EBUSY);
		snapshot_check(d, s);
		/* instead of the direct map's */
		e = rw;
		CHECK_EQ(mmu_update_va(v, va, e & ~PTE_RW), 0);
		CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), -EBUSY);
		CHECK_EQ(mmu_update_va(v, va, 0), 0);
		CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), -EBUSY);
		/* no direct map at all is no obstacle, and read-only mappings neither */
		CHECK_EQ(fake_set(v, G_OTHER + 3, 0, rw & ~PTE_RW), 0);
		CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), 0);
		CHECK_EQ(mmu_update_va(v, va, e), -EBUSY);
		CHECK_EQ(fake_set(v, G_OTHER + 3, 0, rw), -EBUSY);
		CHECK_EQ(fake_audit(d), 0);
		CHECK_EQ(fake_unpin(v, fake_mfn(d, G_L4)), 0);
		CHECK_EQ(fake_set(v, G_OTHER + 3, 0, 0), 0);
		CHECK_EQ(mmu_update_va(v, va, e), 0);
		CHECK_EQ(fake_audit(d), 0);
	}
	/* a frame mapped writable by the very tree that would make it a table */
	fake_page(d, G_L1)[7] = fake_pte(d, G_L1 + 2, FAKE_LEAF);
	CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), -EBUSY);
	fake_page(d, G_L1)[7] = 0;
	fake_page(d, G_L1 + 2)[7] = fake_pte(d, G_L1, FAKE_LEAF);
	CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), -EBUSY);
	fake_page(d, G_L1 + 2)[7] = fake_pte(d, G_L1, FAKE_LEAF & ~PTE_RW);
	CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), 0);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

void test_roots(void)
{
	struct domain *d = fake_started(1, 1024, 2);
	struct vcpu *v = d->vcpu[0];
	mfn_t l4 = fake_mfn(d, G_L4);
	struct root_slot *slot = &hv.cores[0]->roots[2];
	u64 gfns[] = { G_L3, G_L2, G_L1, G_DATA };
	unsigned int i;

	build_process(v, G_L4, G_L3, G_L2, G_L1);
	CHECK_EQ(fake_load(v, l4), -EINVAL);
	CHECK_EQ(fake_pin(v, l4), 0);
	CHECK_EQ(fake_pin(v, l4), 0);
	for (i = 0; i < 4; i++) {
		CHECK_EQ(fake_load(v, fake_mfn(d, gfns[i])), -EINVAL);
		CHECK_EQ(fake_unpin(v, fake_mfn(d, gfns[i])), -EINVAL);
		CHECK_EQ(fake_pin(v, fake_mfn(d, gfns[i])), -EBUSY);
	}
	/* loaded by the other vCPU: the pin stays */
	CHECK_EQ(fake_load(d->vcpu[1], l4), 0);
	CHECK_EQ(fake_unpin(v, l4), -EBUSY);
	CHECK_EQ(fake_audit(d), 0);
	CHECK_EQ(fake_load(d->vcpu[1], fake_mfn(d, 0)), 0);
	/* only cached: evicted; the copy follows while it is cached */
	CHECK_EQ(mm_root_get(d, l4), 0);
	slot->mfn = l4.v;
	slot->dom = d;
	memcpy(slot->half[0], mfn_va(l4), 4096);
	CHECK_EQ(fake_audit(d), 0);
	CHECK_EQ(fake_set(v, G_L4, 9, fake_pte(d, G_L3, FAKE_TABLE)), 0);
	CHECK_EQ(slot->half[0][9], fake_page(d, G_L4)[9]);
	CHECK_EQ(fake_set(v, G_L4, 9, fake_pte(d, G_L3, PTE_P)), 0);
	CHECK_EQ(slot->half[0][9], fake_page(d, G_L4)[9]);
	CHECK_EQ(fake_set(v, G_L4, 9, 0), 0);
	CHECK_EQ(slot->half[0][9], 0);
	CHECK_EQ(fake_unpin(v, l4), 0);
	CHECK_EQ(slot->mfn, ~0ULL);
	CHECK_EQ(fake_unpin(v, l4), -EINVAL);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* Trees of a builder that lies. */
void test_start(void)
{
	struct domain *d = fake_domain(1, 1024), *ok;
	struct snapshot s;
	u64 *l1 = fake_page(d, 3);

	/* a table that is writable in its own direct map */
	l1[2] |= PTE_RW;
	s = snapshot_take(d);
	CHECK_EQ(fake_start(d, fake_mfn(d, 0)), -EBUSY);
	snapshot_check(d, s);
	l1[2] &= ~PTE_RW;
	l1[9] |= PTE_PSE;
	CHECK_EQ(fake_start(d, fake_mfn(d, 0)), -EINVAL);
	l1[9] &= ~PTE_PSE;
	CHECK_EQ(fake_start(d, fake_mfn(d, 3)), -EBUSY);
	CHECK_EQ(fake_start(d, MFN_INVALID), -ERANGE);
	CHECK_EQ(fake_audit(d), 0);
	ok = fake_started(2, 1024, 1);
	CHECK_EQ(fake_start(d, fake_mfn(ok, 0)), -EPERM);
	fake_free(ok);
	CHECK_EQ(fake_start(d, fake_mfn(d, 0)), 0);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/*
 * F1: a start does a bounded part of its work per call, and so does the way back from an error: the page that all
 * entries of 20 tables name gains or loses at most as many references.
 */
static long start_in_slices(struct domain *d, mfn_t l4, struct frame *shared, unsigned int *calls)
{
	long ret;

	*calls = 0;
	do {
		s64 before = FW_REFS(frame_word(shared)), now;

		ret = mm_start(d, l4);
		now = FW_REFS(frame_word(shared));
		CHECK(now - before <= 4096 && before - now <= 4096);
		++*calls;
	} while (ret == MM_AGAIN);
	return ret;
}

void test_start_slices(void)
{
	struct domain *d = fake_domain(1, 1024);
	struct frame *shared = fake_frame(d, 300);
	unsigned int calls;
	struct snapshot s;
	int old = fake_slice;

	build_full(d);
	fake_page(d, 219)[511] = PTE_P | PTE_PSE;
	s = snapshot_take(d);
	CHECK_EQ(start_in_slices(d, fake_mfn(d, 197), shared, &calls), -EINVAL);
	CHECK_EQ(calls, 2 * 20 * 512 / 4096 + 1);
	snapshot_check(d, s);
	/* in steps of one entry, the way back too */
	fake_slice = 1;
	s = snapshot_take(d);
	CHECK_EQ(start_in_slices(d, fake_mfn(d, 197), shared, &calls), -EINVAL);
	CHECK(calls >= 2 * (20 * 512 - 1));
	snapshot_check(d, s);
	fake_slice = old;
	fake_page(d, 219)[511] = 0;
	CHECK_EQ(start_in_slices(d, fake_mfn(d, 197), shared, &calls), 0);
	CHECK_EQ(calls, 20 * 512 / 4096 + 1);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* Ends a domain with an operation half done, any number of pins, in small slices; fake_free checks all words. */
void test_teardown(void)
{
	int old = fake_slice, steps;

	for (steps = 0; steps < 5000; steps += 250) {
		struct domain *d = fake_started(1, 1024, 1);
		struct vcpu *v = d->vcpu[0];
		int i;

		build_process(v, G_L4, G_L3, G_L2, G_L1);
		fake_slice = 7;
		if (steps & 256)
			CHECK_EQ(fake_pin(v, fake_mfn(d, G_L4)), 0);
		for (i = 0; i < steps; i++) {
			if (steps & 256)
				mm_unpin(v, fake_mfn(d, G_L4));
			else
				mm_pin(v, fake_mfn(d, G_L4));
		}
		fake_free(d);
		fake_slice = old;
	}
}
