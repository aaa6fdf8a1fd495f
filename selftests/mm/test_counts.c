// SPDX-License-Identifier: GPL-2.0
/*
 * Counts: I/O references, overflow, and an audit that sees what is wrong.
 */
#include "tests.h"
#include "mm/balloon.h"

#define C_L3	FAKE_FREE_GFN
#define C_L2	(FAKE_FREE_GFN + 1)
#define C_L1	(FAKE_FREE_GFN + 2)
#define C_DATA	(FAKE_FREE_GFN + 3)

static struct domain *start(void)
{
	struct domain *d = fake_started(1, 1024, 1);

	fake_page(d, C_L3)[0] = fake_pte(d, C_L2, FAKE_TABLE);
	fake_page(d, C_L2)[0] = fake_pte(d, C_L1, FAKE_TABLE);
	fake_page(d, C_L1)[0] = fake_pte(d, C_DATA, FAKE_LEAF);
	CHECK_EQ(fake_set(d->vcpu[0], 0, 0, fake_pte(d, C_L3, FAKE_TABLE)), 0);
	return d;
}

void test_io(void)
{
	struct domain *d = start();
	struct vcpu *v = d->vcpu[0];
	struct frame *f = fake_frame(d, 100);
	u64 e = fake_pte(d, 100, FAKE_TABLE);

	/* a device writes to it: no table, until the last of two requests is done */
	CHECK_EQ(frame_get_io(f, 1, 1), 0);
	CHECK_EQ(frame_get_io(f, 1, 1), 0);
	CHECK_EQ(fake_audit(d), 0);
	CHECK_EQ(fake_set(v, C_L2, 1, e), -EBUSY);
	frame_put_io(f, 1);
	CHECK_EQ(fake_set(v, C_L2, 1, e), -EBUSY);
	/* also with no mapping of the guest's left */
	CHECK_EQ(mmu_update_va(v, fake_va(d, 100), 0), 0);
	CHECK_EQ(fake_set(v, C_L2, 1, e), -EBUSY);
	frame_put_io(f, 1);
	CHECK_EQ(fake_set(v, C_L2, 1, e), 0);
	/* a page table: a device may read it, not write it */
	CHECK_EQ(frame_get_io(f, 1, 1), -EBUSY);
	CHECK_EQ(frame_get_io(f, 1, 0), 0);
	CHECK_EQ(fake_audit(d), 0);
	frame_put_io(f, 0);
	/* another domain's frame */
	CHECK_EQ(frame_get_io(f, 2, 0), -EPERM);
	CHECK_EQ(frame_get_io(fake_frame(d, 101), 2, 1), -EPERM);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* Each way to take a reference, at the limit. */
void test_overflow(void)
{
	struct domain *d = start();
	struct vcpu *v = d->vcpu[0];
	struct frame *data = fake_frame(d, C_DATA), *l1 = fake_frame(d, C_L1), *l4 = fake_frame(d, 0);
	struct frame *free = fake_frame(d, 100);
	u64 fill = FW_REF_MASK, w;

	w = data->word;
	data->word |= fill;
	CHECK_EQ(fake_set(v, C_L1, 1, fake_pte(d, C_DATA, PTE_P)), -EOVERFLOW);
	CHECK_EQ(fake_set(v, C_L1, 1, fake_pte(d, C_DATA, PTE_P | PTE_RW)), -EOVERFLOW);
	CHECK_EQ(frame_get_io(data, 1, 0), -EOVERFLOW);
	CHECK_EQ(frame_get_io(data, 1, 1), -EOVERFLOW);
	CHECK_EQ(data->word, w | fill);
	data->word = w;
	w = l1->word;
	l1->word |= fill;
	CHECK_EQ(fake_set(v, C_L2, 1, fake_pte(d, C_L1, FAKE_TABLE)), -EOVERFLOW);
	l1->word = w;
	w = l4->word;
	l4->word |= fill;
	CHECK_EQ(mm_root_get(d, fake_mfn(d, 0)), -EOVERFLOW);
	l4->word = w;
	w = free->word;
	free->word |= fill;
	CHECK_EQ(fake_set(v, C_L2, 1, fake_pte(d, 100, FAKE_TABLE)), -EOVERFLOW);
	CHECK_EQ(fake_pin(v, fake_mfn(d, 100)), -EOVERFLOW);
	free->word = w;
	/* the I/O count has its own, lower limit */
	free->io = FRAME_IO_MAX << 16 | FRAME_IO_MAX;
	CHECK_EQ(frame_get_io(free, 1, 0), -EOVERFLOW);
	CHECK_EQ(frame_get_io(free, 1, 1), -EOVERFLOW);
	CHECK_EQ(free->word, w);
	free->io = 0;
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

static void expect_difference(struct domain *d, int line)
{
	fake_recount(d);
	if (!d->audit.differences) {
		printf("# line %d: the audit saw nothing\n", line);
		fake_failed++;
	}
}

/* Changes one word of the live state, expects a difference, changes it back. */
#define SPOIL(lvalue, value)	do {			\
		__typeof__(lvalue) old_ = (lvalue);	\
		(lvalue) = (value);			\
		expect_difference(d, __LINE__);		\
		(lvalue) = old_;			\
	} while (0)

void test_audit_finds(void)
{
	struct domain *d = start();
	struct frame *data = fake_frame(d, C_DATA), *l1 = fake_frame(d, C_L1), *l2 = fake_frame(d, C_L2);
	u64 *t1 = fake_page(d, C_L1), *t4 = fake_page(d, 0);

	CHECK_EQ(fake_audit(d), 0);
	SPOIL(data->word, data->word + FW_REF_ONE);
	SPOIL(data->word, data->word - FW_REF_ONE);
	SPOIL(data->word, data->word + FW_COUNT_ONE);
	SPOIL(data->word, (data->word & ~FW_TYPE) | FRAME_L1);
	SPOIL(data->word, data->word & ~FW_TYPE);
	SPOIL(data->io, 1);
	SPOIL(data->io, 0x10000);
	SPOIL(data->owner, 2);
	SPOIL(l1->word, l1->word + FW_REF_ONE);
	SPOIL(l1->word, l1->word & ~FW_VALID);
	SPOIL(l1->word, l1->word | FW_PINNED);
	SPOIL(l2->word, (l2->word & ~FW_TYPE) | FRAME_L3);
	SPOIL(fake_frame(d, 100)->word, fake_frame(d, 100)->word | FW_VALID | FRAME_L2);
	SPOIL(t1[0], t1[0] & ~PTE_RW);
	SPOIL(t1[0], t1[0] | PTE_G);
	SPOIL(t1[0], t1[0] | PTE_PCD);
	SPOIL(t1[0], t1[0] + 4096);
	SPOIL(t1[1], fake_pte(d, C_DATA, PTE_P));
	SPOIL(t1[1], fake_pte(d, C_L2, PTE_P | PTE_RW));
	SPOIL(t4[260], 2);
	SPOIL(t4[pte_index(PVHV_DIRECTMAP_VA, 4)], t4[pte_index(PVHV_DIRECTMAP_VA, 4)] | PTE_US);
	SPOIL(d->vcpu[0]->root, fake_mfn(d, C_L3));
	SPOIL(d->p2m[0][100], fake_mfn(d, 101).v);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* F1: each slice of an audit does a bounded part of it; what it finds does not depend on where it was cut. */
void test_audit_slices(void)
{
	struct domain *d = start();
	struct frame *data = fake_frame(d, C_DATA);
	u64 tables, seen, i, j, *counted = &d->audit_scratch[0][300];
	int old = fake_slice, slice;

	/* 20 tables that are full */
	for (i = 0; i < 20; i++) {
		for (j = 0; j < 512; j++)
			fake_page(d, 200 + i)[j] = fake_pte(d, 300, PTE_P);
		CHECK_EQ(fake_set(d->vcpu[0], C_L2, 100 + i, fake_pte(d, 200 + i, FAKE_TABLE)), 0);
	}
	for (i = 500; i < 520; i++)
		CHECK_EQ(balloon_give(d->vcpu[0], GFN(i)), 0);
	CHECK_EQ(fake_audit(d), 0);
	tables = d->audit.tables;
	fake_audit_begin(d);
	do {
		seen = *counted;
		i = audit_domain(d);
		/* the table that a slice ends in is done to its end */
		CHECK((*counted >> 32) - (seen >> 32) < 4096 + 512);
	} while (i == MM_AGAIN);
	CHECK_EQ(*counted >> 32, 20 * 512 + 1);
	CHECK_EQ(d->audit.tables, tables);
	CHECK_EQ(d->audit.differences, 0);
	for (slice = 1; slice < 5000; slice = slice * 3 + 1) {
		fake_slice = slice;
		CHECK_EQ(fake_audit(d), 0);
		CHECK_EQ(d->audit.tables, tables);
		data->word += FW_REF_ONE;
		fake_recount(d);
		data->word -= FW_REF_ONE;
		CHECK_EQ(d->audit.differences, 1);
		CHECK_EQ(d->audit.first_mfn, fake_mfn(d, C_DATA).v);
	}
	/* with the smallest slice each call does one frame */
	fake_slice = 1;
	fake_audit_begin(d);
	for (i = 1; audit_domain(d) == MM_AGAIN; i++)
		;
	CHECK_EQ(i, 2 * d->max_pages + d->nr_pool);
	fake_slice = old;
	fake_free(d);
}

/* B12: what is in use for anything but its direct-map entry stays. */
void test_balloon_busy(void)
{
	struct domain *d = start();
	struct vcpu *v = d->vcpu[0];
	u64 gfns[] = { 0, 1, 2, 3, C_L3, C_L2, C_L1, C_DATA };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gfns); i++)
		CHECK_EQ(balloon_give(v, GFN(gfns[i])), -EBUSY);
	/* a pinned, not loaded root; and once it is none any more */
	CHECK_EQ(fake_pin(v, fake_mfn(d, 100)), 0);
	CHECK_EQ(balloon_give(v, GFN(100)), -EBUSY);
	CHECK_EQ(fake_unpin(v, fake_mfn(d, 100)), 0);
	/* I/O of either direction, with and without a direct-map entry */
	for (i = 0; i < 4; i++) {
		CHECK_EQ(frame_get_io(fake_frame(d, 101), 1, i & 1), 0);
		CHECK_EQ(balloon_give(v, GFN(101)), -EBUSY);
		frame_put_io(fake_frame(d, 101), i & 1);
		if (i == 1)
			CHECK_EQ(mmu_update_va(v, fake_va(d, 101), 0), 0);
	}
	/* mapped read-only elsewhere; with the direct map's entry read-only, or gone */
	CHECK_EQ(fake_set(v, C_L1, 9, fake_pte(d, 102, PTE_P)), 0);
	CHECK_EQ(balloon_give(v, GFN(102)), -EBUSY);
	CHECK_EQ(mmu_update_va(v, fake_va(d, 102), fake_pte(d, 102, PTE_P)), 0);
	CHECK_EQ(balloon_give(v, GFN(102)), -EBUSY);
	CHECK_EQ(mmu_update_va(v, fake_va(d, 102), 0), 0);
	CHECK_EQ(balloon_give(v, GFN(102)), -EBUSY);
	CHECK_EQ(balloon_give(v, GFN(d->max_pages)), -ERANGE);
	CHECK_EQ(balloon_give(v, GFN(~0ULL)), -ERANGE);
	CHECK_EQ(d->nr_pool, 0);
	CHECK_EQ(fake_audit(d), 0);
	/* free of all that */
	CHECK_EQ(fake_set(v, C_L1, 9, 0), 0);
	for (i = 100; i <= 102; i++)
		CHECK_EQ(balloon_give(v, GFN(i)), 0);
	CHECK_EQ(d->nr_pool, 3);
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* C3: a frame that is back is nobody's, cannot be reached by a stale TLB entry once it is used again, and is clean. */
void test_balloon_reuse(void)
{
	struct domain *d = start();
	struct vcpu *v = d->vcpu[0];
	mfn_t m = fake_mfn(d, 100);
	u64 i, word = 0;

	CHECK_EQ(fake_store(v, fake_va(d, 100), 0x1234), 0);
	CHECK_EQ(balloon_give(v, GFN(100)), 0);
	CHECK_EQ(balloon_give(v, GFN(100)), -ERANGE);
	CHECK_EQ(balloon_take(v, GFN(101)), -EBUSY);
	CHECK_EQ(balloon_take(v, GFN(d->max_pages)), -ERANGE);
	CHECK_EQ(fake_set(v, C_L1, 9, m.v << 12 | PTE_P), -EPERM);
	CHECK_EQ(fake_set(v, C_L1, 9, m.v << 12 | PTE_P | PTE_RW), -EPERM);
	CHECK(fake_set(v, C_L2, 9, m.v << 12 | FAKE_TABLE) < 0);
	CHECK(fake_pin(v, m) < 0);
	CHECK(fake_update(v, m, 0, PVHV_MMU_SET, 5) < 0);
	CHECK_EQ(frame_get_io(frame_lookup(m), 1, 0), -EPERM);
	CHECK_EQ(frame_get_io(frame_lookup(m), 1, 1), -EPERM);
	CHECK_EQ(fake_audit(d), 0);
	CHECK_EQ(balloon_take(v, GFN(100)), 0);
	CHECK_EQ(balloon_take(v, GFN(100)), -EBUSY);
	CHECK_EQ(fake_mfn(d, 100).v, m.v);
	for (i = 0; i < 512; i++)
		word |= fake_page(d, 100)[i];
	CHECK_EQ(word, 0);
	CHECK_EQ(fake_store(v, fake_va(d, 100), 1), -EFAULT);
	CHECK_EQ(mmu_update_va(v, fake_va(d, 100), fake_pte(d, 100, FAKE_LEAF)), 0);
	CHECK_EQ(fake_store(v, fake_va(d, 100), 1), 0);
	CHECK_EQ(balloon_give(v, GFN(100)), 0);
	CHECK_EQ(balloon_give(v, GFN(101)), 0);
	/* another hole is filled with the same frame */
	CHECK_EQ(balloon_take(v, GFN(100)), 0);
	CHECK_EQ(balloon_take(v, GFN(101)), 0);
	CHECK_EQ(d->nr_pool, 0);
	word = d->p2m[0][500];
	d->p2m[0][500] = ~0ULL;
	d->nr_pages--;
	CHECK_EQ(balloon_take(v, GFN(500)), -ENOMEM);
	d->p2m[0][500] = word;
	d->nr_pages++;
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* H7, B9: no more than its target; what is beyond it is the host's, what the host adds is the guest's to take. */
void test_balloon_target(void)
{
	struct domain *d = start();
	struct vcpu *v = d->vcpu[0];
	struct balloon_chain chain = { 0 };
	u64 all = d->nr_pages, mfns[8], i;

	CHECK_EQ(balloon_surplus(d), 0);
	for (i = 100; i < 106; i++)
		CHECK_EQ(balloon_give(v, GFN(i)), 0);
	CHECK_EQ(d->nr_pages, all - 6);
	/* all of it may be taken again while the target is what it was */
	CHECK_EQ(balloon_surplus(d), 0);
	CHECK_EQ(balloon_collect(d, mfns, 8), 0);
	d->target = all - 4;
	CHECK_EQ(balloon_surplus(d), 4);
	CHECK_EQ(balloon_take(v, GFN(100)), 0);
	CHECK_EQ(balloon_take(v, GFN(101)), 0);
	CHECK_EQ(balloon_take(v, GFN(102)), -ENOMEM);
	CHECK_EQ(fake_audit(d), 0);
	CHECK_EQ(balloon_collect(d, mfns, 3), 3);
	CHECK_EQ(balloon_collect(d, mfns + 3, 5), 1);
	CHECK_EQ(d->nr_pool, 0);
	/* not yet the host's: nobody gets a reference, nobody finds them */
	for (i = 0; i < 4; i++) {
		CHECK_EQ(frame_word(frame_lookup(MFN(mfns[i]))), FRAME_GONE);
		CHECK_EQ(frame_get_io(frame_lookup(MFN(mfns[i])), 1, 1), -EPERM);
		CHECK_EQ(fake_set(v, C_L1, 9, mfns[i] << 12 | PTE_P), -EPERM);
		CHECK_EQ(frame_gfn(MFN(mfns[i])).v, ~0ULL);
	}
	d->target = all;
	CHECK_EQ(balloon_take(v, GFN(102)), -ENOMEM);
	/* the host puts others in, in a chain */
	for (i = 0; i < 4; i++)
		balloon_chain_add(&chain, MFN(mfns[i]));
	balloon_add(d, &chain);
	CHECK_EQ(d->nr_pool, 4);
	CHECK_EQ(fake_audit(d), 0);
	for (i = 102; i < 106; i++)
		CHECK_EQ(balloon_take(v, GFN(i)), 0);
	CHECK_EQ(d->nr_pages, all);
	CHECK_EQ(fake_audit(d), 0);
	/* the recount sees what is wrong with the pool */
	CHECK_EQ(balloon_give(v, GFN(102)), 0);
	d->nr_pool++;
	CHECK_EQ(fake_audit(d), 1);
	d->nr_pool--;
	d->nr_pages--;
	CHECK_EQ(fake_audit(d), 1);
	d->nr_pages++;
	fake_free(d);
}
