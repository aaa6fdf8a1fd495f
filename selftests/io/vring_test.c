// SPDX-License-Identifier: GPL-2.0
/*
 * The ring walker against guests that break the rules (rows J1-J6, J15): each
 * case names the check that must stop it.
 */
#include <linux/compiler.h>
#include <pthread.h>
#include <sched.h>
#include "kselftest_harness.h"
#include "ring.h"

#define NUM 16

FIXTURE(ring)
{
	struct guest *g;
};

FIXTURE_SETUP(ring)
{
	self->g = aligned_alloc(4096, sizeof(*self->g));
	ASSERT_NE(NULL, self->g);
	memset(self->g, 0, sizeof(*self->g));
	guest_init(self->g, NUM, true, true);
}

FIXTURE_TEARDOWN(ring)
{
	free(self->g);
}

static void set_desc(struct vring_desc *d, u64 addr, u32 len, u16 flags, u16 next)
{
	*d = (struct vring_desc) { addr, len, flags, next };
}

static void post(struct guest *g, u16 head)
{
	struct vring_avail *a = guest_avail(g);

	a->ring[a->idx % g->vr.num] = head;
	a->idx++;
}

static int take(struct guest *g)
{
	return vring_next(&g->vr, &g->access, &g->chain);
}

/* head, n - 1 more; all but the first 'out' writable */
static void make_chain(struct vring_desc *d, u32 n, u32 out)
{
	u32 i;

	for (i = 0; i < n; i++)
		set_desc(&d[i], 0x1000 * (i + 1), 512 + i,
			 (i + 1 < n ? VRING_DESC_NEXT : 0) | (i >= out ? VRING_DESC_WRITE : 0), i + 1);
}

static void make_indirect(struct guest *g, u32 entries)
{
	set_desc(&guest_desc(g)[0], GUEST_BASE + TABLE_AT, entries * 16, VRING_DESC_INDIRECT, 0);
	post(g, 0);
}

#define EXPECT_BROKEN(why) do {				\
	EXPECT_GT(0, take(self->g));			\
	ASSERT_NE(NULL, self->g->vr.broken);		\
	EXPECT_STREQ(why, self->g->vr.broken);		\
	EXPECT_GT(0, take(self->g));			\
} while (0)

TEST_F(ring, empty_ring)
{
	EXPECT_EQ(0, take(self->g));
	EXPECT_EQ(NULL, self->g->vr.broken);
}

TEST_F(ring, direct_chain)
{
	struct vring_chain *c = &self->g->chain;

	make_chain(guest_desc(self->g), 4, 2);
	post(self->g, 0);
	ASSERT_EQ(1, take(self->g));
	EXPECT_EQ(0, c->head);
	EXPECT_EQ(2, c->nr_out);
	EXPECT_EQ(2, c->nr_in);
	EXPECT_EQ(0x1000, c->seg[0].addr);
	EXPECT_EQ(515, c->seg[3].len);
	EXPECT_EQ(0, take(self->g));
}

TEST_F(ring, chain_of_the_whole_ring)
{
	make_chain(guest_desc(self->g), NUM, 0);
	post(self->g, 0);
	EXPECT_EQ(1, take(self->g));
	EXPECT_EQ(NUM, self->g->chain.nr_in);
}

TEST_F(ring, indirect_chain)
{
	make_chain(guest_table(self->g), VRING_MAX_CHAIN, 100);
	make_indirect(self->g, VRING_MAX_CHAIN);
	ASSERT_EQ(1, take(self->g));
	EXPECT_EQ(100, self->g->chain.nr_out);
	EXPECT_EQ(28, self->g->chain.nr_in);
}

TEST_F(ring, indirect_after_direct)
{
	make_chain(guest_table(self->g), 3, 1);
	set_desc(&guest_desc(self->g)[5], 0x9000, 16, VRING_DESC_NEXT, 0);
	set_desc(&guest_desc(self->g)[0], GUEST_BASE + TABLE_AT, 48, VRING_DESC_INDIRECT, 0);
	post(self->g, 5);
	ASSERT_EQ(1, take(self->g));
	EXPECT_EQ(5, self->g->chain.head);
	EXPECT_EQ(2, self->g->chain.nr_out);
	EXPECT_EQ(2, self->g->chain.nr_in);
	EXPECT_EQ(0x9000, self->g->chain.seg[0].addr);
}

TEST_F(ring, used_entries_and_wrap)
{
	u32 i;

	make_chain(guest_desc(self->g), 1, 0);
	for (i = 0; i < 70000; i++) {
		post(self->g, 0);
		ASSERT_EQ(1, take(self->g));
		vring_put(&self->g->vr, 0, i);
		ASSERT_EQ((u16)(i + 1), guest_used(self->g)->idx);
		ASSERT_EQ(i, guest_used(self->g)->ring[i % NUM].len);
	}
}

TEST_F(ring, events_by_index)
{
	u16 *used_event = &guest_avail(self->g)->ring[NUM];
	u32 i;

	make_chain(guest_desc(self->g), 1, 0);
	*used_event = 2;
	for (i = 0; i < 6; i++) {
		post(self->g, 0);
		ASSERT_EQ(1, take(self->g));
		vring_put(&self->g->vr, 0, 0);
		EXPECT_EQ(i == 2, vring_want_event(&self->g->vr));
	}
}

TEST_F(ring, events_by_flag)
{
	guest_init(self->g, NUM, false, true);
	vring_put(&self->g->vr, 0, 0);
	EXPECT_TRUE(vring_want_event(&self->g->vr));
	guest_avail(self->g)->flags = VRING_AVAIL_NO_INTERRUPT;
	EXPECT_FALSE(vring_want_event(&self->g->vr));
}

TEST_F(ring, notifications_by_index)
{
	u16 *avail_event = (u16 *)&guest_used(self->g)->ring[NUM];

	make_chain(guest_desc(self->g), 1, 0);
	post(self->g, 0);
	EXPECT_TRUE(vring_notify_on(&self->g->vr));
	ASSERT_EQ(1, take(self->g));
	EXPECT_FALSE(vring_notify_on(&self->g->vr));
	EXPECT_EQ(1, *avail_event);
	EXPECT_EQ(0, guest_used(self->g)->flags);
}

TEST_F(ring, notifications_by_flag)
{
	guest_init(self->g, NUM, false, true);
	vring_notify_off(&self->g->vr);
	EXPECT_EQ(VRING_USED_NO_NOTIFY, guest_used(self->g)->flags);
	EXPECT_FALSE(vring_notify_on(&self->g->vr));
	EXPECT_EQ(0, guest_used(self->g)->flags);
}

/* --- J2 --- */

TEST_F(ring, index_jumps)
{
	guest_avail(self->g)->idx = NUM + 1;
	EXPECT_BROKEN("available index jumped");
}

TEST_F(ring, index_goes_back)
{
	make_chain(guest_desc(self->g), 1, 0);
	post(self->g, 0);
	ASSERT_EQ(1, take(self->g));
	guest_avail(self->g)->idx = 0;
	EXPECT_BROKEN("available index jumped");
}

TEST_F(ring, never_more_in_flight_than_entries)
{
	u32 i;

	make_chain(guest_desc(self->g), 1, 0);
	for (i = 0; i < NUM; i++) {
		post(self->g, 0);
		ASSERT_EQ(1, take(self->g));
	}
	post(self->g, 0);
	EXPECT_BROKEN("more requests than descriptors");
}

/* --- J3 --- */

TEST_F(ring, head_out_of_range)
{
	post(self->g, NUM);
	EXPECT_BROKEN("head beyond the descriptor table");
}

TEST_F(ring, next_out_of_range)
{
	set_desc(&guest_desc(self->g)[0], 0x1000, 16, VRING_DESC_NEXT, NUM);
	post(self->g, 0);
	EXPECT_BROKEN("index beyond the descriptor table");
}

TEST_F(ring, self_loop)
{
	set_desc(&guest_desc(self->g)[3], 0x1000, 16, VRING_DESC_NEXT, 3);
	post(self->g, 3);
	EXPECT_BROKEN("loop of descriptors");
}

TEST_F(ring, long_loop)
{
	make_chain(guest_desc(self->g), NUM, NUM);
	set_desc(&guest_desc(self->g)[NUM - 1], 0x1000, 16, VRING_DESC_NEXT, 0);
	post(self->g, 0);
	EXPECT_BROKEN("loop of descriptors");
}

TEST_F(ring, chain_longer_than_the_copy)
{
	guest_init(self->g, VRING_MAX_CHAIN, true, true);
	make_chain(guest_desc(self->g), 2, 2);
	make_chain(guest_table(self->g), VRING_MAX_CHAIN, VRING_MAX_CHAIN);
	set_desc(&guest_desc(self->g)[1], GUEST_BASE + TABLE_AT, VRING_MAX_CHAIN * 16, VRING_DESC_INDIRECT, 0);
	post(self->g, 0);
	EXPECT_BROKEN("chain too long");
}

/* --- J4 --- */

TEST_F(ring, indirect_not_negotiated)
{
	guest_init(self->g, NUM, true, false);
	make_chain(guest_table(self->g), 2, 1);
	make_indirect(self->g, 2);
	EXPECT_BROKEN("indirect table not negotiated");
}

TEST_F(ring, indirect_in_indirect)
{
	set_desc(&guest_table(self->g)[0], GUEST_BASE + TABLE_AT, 16, VRING_DESC_INDIRECT, 0);
	make_indirect(self->g, 1);
	EXPECT_BROKEN("indirect table in an indirect table");
}

TEST_F(ring, indirect_with_next)
{
	make_chain(guest_table(self->g), 2, 1);
	make_indirect(self->g, 2);
	guest_desc(self->g)[0].flags |= VRING_DESC_NEXT;
	EXPECT_BROKEN("indirect table inside a chain");
}

TEST_F(ring, indirect_size_not_a_multiple)
{
	make_chain(guest_table(self->g), 2, 1);
	make_indirect(self->g, 2);
	guest_desc(self->g)[0].len = 33;
	EXPECT_BROKEN("bad size of an indirect table");
}

TEST_F(ring, indirect_size_zero)
{
	make_indirect(self->g, 0);
	EXPECT_BROKEN("bad size of an indirect table");
}

TEST_F(ring, indirect_size_4g)
{
	make_indirect(self->g, 1);
	guest_desc(self->g)[0].len = 0xfffffff0;
	EXPECT_BROKEN("bad size of an indirect table");
}

TEST_F(ring, indirect_one_too_many)
{
	make_chain(guest_table(self->g), VRING_MAX_CHAIN, 1);
	make_indirect(self->g, VRING_MAX_CHAIN + 1);
	EXPECT_BROKEN("bad size of an indirect table");
}

TEST_F(ring, indirect_outside_memory)
{
	make_indirect(self->g, 2);
	guest_desc(self->g)[0].addr = 0x10;
	EXPECT_BROKEN("bad address of an indirect table");
}

TEST_F(ring, indirect_wraps)
{
	make_indirect(self->g, 2);
	guest_desc(self->g)[0].addr = -16ULL;
	EXPECT_BROKEN("bad address of an indirect table");
}

TEST_F(ring, indirect_next_out_of_range)
{
	set_desc(&guest_table(self->g)[0], 0x1000, 16, VRING_DESC_NEXT, 2);
	make_indirect(self->g, 2);
	EXPECT_BROKEN("index beyond an indirect table");
}

TEST_F(ring, indirect_loop)
{
	set_desc(&guest_table(self->g)[0], 0x1000, 16, VRING_DESC_NEXT, 1);
	set_desc(&guest_table(self->g)[1], 0x1000, 16, VRING_DESC_NEXT, 0);
	make_indirect(self->g, 2);
	EXPECT_BROKEN("loop in an indirect table");
}

/* --- J5, J6 --- */

TEST_F(ring, readable_after_writable)
{
	make_chain(guest_desc(self->g), 3, 0);
	guest_desc(self->g)[1].flags &= ~VRING_DESC_WRITE;
	post(self->g, 0);
	EXPECT_BROKEN("readable buffer after a writable one");
}

TEST_F(ring, empty_buffer)
{
	make_chain(guest_desc(self->g), 2, 1);
	guest_desc(self->g)[1].len = 0;
	post(self->g, 0);
	EXPECT_BROKEN("empty buffer");
}

TEST_F(ring, buffer_wraps)
{
	make_chain(guest_desc(self->g), 2, 1);
	guest_desc(self->g)[1].addr = -100ULL;
	post(self->g, 0);
	EXPECT_BROKEN("buffer wraps");
}

/* --- J15 --- */

TEST(layout)
{
	const u64 d = 0x10000, a = 0x11000, u = 0x12000;

	EXPECT_EQ(0, vring_check_layout(128, 128, d, a, u));
	EXPECT_EQ(0, vring_check_layout(1, 128, d, a, u));
	EXPECT_EQ(-EINVAL, vring_check_layout(0, 128, d, a, u));
	EXPECT_EQ(-EINVAL, vring_check_layout(24, 128, d, a, u));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 64, d, a, u));
	EXPECT_EQ(-EINVAL, vring_check_layout(256, 1024, d, a, u));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 128, d + 8, a, u));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 128, d, a + 1, u));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 128, d, a, u + 2));
	/* 128 descriptors are 2,048 bytes, the available ring 262 */
	EXPECT_EQ(0, vring_check_layout(128, 128, d, d + 2048, d + 2048 + 264));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 128, d, d + 2046, u));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 128, d, d + 2048, d + 2048 + 260));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 128, a, d, a));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 128, d, a, d - 4));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 128, -2048ULL, a, u));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 128, -16ULL, a, u));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 128, d, -2ULL, u));
	EXPECT_EQ(-EINVAL, vring_check_layout(128, 128, d, a, -4ULL));
}

/* --- J1: a second vCPU rewrites everything all the time --- */

struct scribbler {
	struct guest *g;
	int stop;
};

static void *scribble(void *arg)
{
	static const u32 lens[] = { 0, 1, 16, 512, 2048, 2064, 0xffffffff, 0xfffffff0 };
	static const u64 addrs[] = { 0, 0x1000, GUEST_BASE + TABLE_AT, -1ULL, -16ULL, GUEST_BASE + GUEST_SIZE };
	struct scribbler *s = arg;
	u32 x = 1;

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		struct vring_desc *d;

		x = x * 1664525 + 1013904223;
		d = (x >> 8 & 1) ? &guest_desc(s->g)[x >> 16 & 15] : &guest_table(s->g)[x >> 16 & 127];
		WRITE_ONCE(d->addr, addrs[(x >> 9) % 6]);
		WRITE_ONCE(d->len, lens[(x >> 12) % 8]);
		WRITE_ONCE(d->flags, x >> 20 & 7);
		WRITE_ONCE(d->next, x >> 23);
		WRITE_ONCE(guest_avail(s->g)->ring[x >> 27 & 15], x >> 10 & 31);
	}
	return NULL;
}

/* a busy machine gives the two threads little time */
TEST_F_TIMEOUT(ring, everything_changes_all_the_time, 300)
{
	struct scribbler s = { self->g, 0 };
	u16 *idx = &guest_avail(self->g)->idx;
	u32 i, good = 0, bad = 0;
	pthread_t t;

	ASSERT_EQ(0, pthread_create(&t, NULL, scribble, &s));
	/* on a busy machine the other thread may be away for long: then go on until both happened */
	for (i = 0; i < 2000000 || ((!good || !bad) && i < 400000000); i++) {
		int ret;

		if (i % 1024 == 0)
			sched_yield();
		WRITE_ONCE(*idx, self->g->vr.last_avail + 1);
		ret = take(self->g);
		if (ret == 1) {
			const char *why = chain_error(self->g);

			EXPECT_EQ(NULL, why) TH_LOG("%s", why);
			if (why)
				break;
			vring_put(&self->g->vr, self->g->chain.head, 0);
			good++;
		} else {
			self->g->vr.broken = NULL;
			bad++;
		}
	}
	__atomic_store_n(&s.stop, 1, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	EXPECT_LT(0, good);
	EXPECT_LT(0, bad);
}

TEST_HARNESS_MAIN
