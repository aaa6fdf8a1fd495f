// SPDX-License-Identifier: GPL-2.0
/*
 * Turns of guests' transmit rings (kmod/io/vnet_turn.h): shares by weight, whatever the sizes of packets.
 */
#include "kselftest_harness.h"
#include "io/vnet_turn.h"

#define NAPI	64		/* packets in a turn at most */

struct ring {
	u32 weight, rings, len;
	struct vnet_turn t;
	u64 packets;
};

static u64 cost(const struct ring *r)
{
	return r->packets * (TURN_PACKET + r->len);
}

static void turn(struct ring *r)
{
	int n = 0;

	for (turn_begin(&r->t, r->weight, r->rings); n < NAPI && turn_goes_on(&r->t); n++) {
		turn_pay(&r->t, r->len);
		r->packets++;
	}
}

TEST(shares)
{
	static const u32 weights[] = { 1, 33, 100, 300, 1000 }, lens[] = { 14, 42, 1514, 9014, 65549 };

	for (size_t a = 0; a < 5; a++)
		for (size_t b = 0; b < 5; b++)
			for (size_t i = 0; i < 25; i++) {
				struct ring x = { .weight = weights[a], .rings = 1, .len = lens[i / 5] };
				struct ring y = { .weight = weights[b], .rings = 1, .len = lens[i % 5] };
				u64 left, right;

				for (int n = 0; n < 20000; n++) {
					turn(&x);
					turn(&y);
				}
				left = cost(&x) * y.weight;
				right = cost(&y) * x.weight;
				ASSERT_LE(left, right + right / 50);
				ASSERT_LE(right, left + left / 50);
			}
}

/* Several rings of an interface are no more than one. */
TEST(rings)
{
	struct ring one = { .weight = 100, .rings = 1, .len = 1514 }, three[3] = {
		{ .weight = 100, .rings = 3, .len = 1514 }, { .weight = 100, .rings = 3, .len = 42 },
		{ .weight = 100, .rings = 3, .len = 65549 } };
	u64 sum = 0;

	for (int n = 0; n < 3000; n++) {
		turn(&one);
		for (int i = 0; i < 3; i++)
			turn(&three[i]);
	}
	for (int i = 0; i < 3; i++)
		sum += cost(&three[i]);
	ASSERT_LE(sum, cost(&one) + cost(&one) / 50);
	ASSERT_LE(cost(&one), sum + sum / 50);
}

/* Who has sent nothing for long gets no more than a turn then; who was alone owes nothing. */
TEST(no_savings)
{
	struct vnet_turn t = { 0 };

	for (int n = 0; n < 1000; n++)
		turn_begin(&t, 1000, 1);
	ASSERT_LE(t.credit, TURN_ALONE);
	turn_begin(&t, 1, 1);
	turn_pay(&t, 65549);
	turn_begin(&t, 1, 1);
	ASSERT_FALSE(turn_goes_on(&t));
	turn_begin_alone(&t);
	ASSERT_TRUE(turn_goes_on(&t));
}

TEST_HARNESS_MAIN
