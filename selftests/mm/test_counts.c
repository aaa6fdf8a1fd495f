// SPDX-License-Identifier: GPL-2.0
/*
 * Counts: I/O references, overflow, and an audit that sees what is wrong.
 */
#include "tests.h"

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
	audit_domain(d);
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
