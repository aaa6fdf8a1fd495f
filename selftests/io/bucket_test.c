// SPDX-License-Identifier: GPL-2.0
/*
 * Limits of a disk (kmod/io/blk_bucket.h): extreme rates after extreme pauses, which must not divide by too
 * little (mul_u64_u64_div_u64 of include/ ends the program then); what is let through in a time; debts.
 */
#include "kselftest_harness.h"
#include "io/blk_bucket.h"

#define SEC	NSEC_PER_SEC

static const u64 rates[] = { 1, 2, 9, 10, 20, 4096, 1 << 20, 1ULL << 33, 1ULL << 40, INT64_MAX, UINT64_MAX };
static const u64 pauses[] = { 0, 1, 999, SEC - 1, SEC, 2 * SEC, 17 * SEC, 3600 * SEC, 1ULL << 62, UINT64_MAX / 2 };
static const u32 prices[] = { 0, 1, 512, 2 << 20, 256 << 20, UINT32_MAX };

TEST(extremes)
{
	for (size_t r = 0; r < ARRAY_SIZE(rates); r++)
		for (size_t p = 0; p < ARRAY_SIZE(pauses); p++)
			for (size_t n = 0; n < ARRAY_SIZE(prices); n++) {
				struct blk_bucket k = { .rate = rates[r] };
				u64 now = 5, wait;

				ASSERT_EQ(0, bucket_wait(&k, now));
				bucket_take(&k, prices[n]);
				now += pauses[p];
				wait = bucket_wait(&k, now);
				now += wait;
				ASSERT_EQ(0, bucket_wait(&k, now));
				ASSERT_GT(k.tokens, 0);
				ASSERT_LE(k.tokens, bucket_burst(rates[r]));
			}
}

/*
 * By the clock of who always waits as long as it is told: what went through in 1,000 s. It is what the rate says, but
 * for a burst, a request, and less than a nanosecond for each request.
 */
static u64 flow(u64 rate, u32 price, u64 step)
{
	struct blk_bucket k = { .rate = rate };
	u64 now = 0, sum = 0, wait;

	while (now < 1000 * SEC) {
		wait = bucket_wait(&k, now);
		if (wait) {
			now += wait;
			continue;
		}
		bucket_take(&k, price);
		sum += price;
		now += step;
	}
	return sum;
}

TEST(rate)
{
	static const struct { u64 rate; u32 price; u64 step; } c[] = {
		{ 20, 1, 0 }, { 20, 1, 333 }, { 7, 1, 1 }, { 1 << 20, 4096, 0 }, { 1 << 20, 2 << 20, 17 },
		{ 1000, 1, 999 }, { 1ULL << 33, 1 << 20, 100 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		u64 want = 1000 * c[i].rate, sum = flow(c[i].rate, c[i].price, c[i].step);

		EXPECT_GE(sum + c[i].price + bucket_burst(c[i].rate), want);
		EXPECT_LE(sum, want + want / 10000 + c[i].price + bucket_burst(c[i].rate));
	}
}

/* A long debt is paid by the whole time that passed, however seldom or often somebody looks. */
TEST(debt)
{
	struct blk_bucket k = { .rate = 1 };
	u64 now = 0;

	ASSERT_EQ(0, bucket_wait(&k, now));
	bucket_take(&k, 1001);
	EXPECT_EQ(1001 * SEC + 1, bucket_wait(&k, now));
	for (; now < 1000 * SEC; now += SEC / 3)
		ASSERT_NE(0, bucket_wait(&k, now));
	EXPECT_EQ(0, bucket_wait(&k, 1002 * SEC));
}

TEST(idle)
{
	struct blk_bucket k = { .rate = 100 };

	bucket_wait(&k, 0);
	bucket_wait(&k, 3600 * SEC);
	EXPECT_EQ(10, k.tokens);
	bucket_take(&k, 10);
	EXPECT_NE(0, bucket_wait(&k, 3600 * SEC));
	EXPECT_EQ(0, bucket_wait(&k, 3600 * SEC + SEC / 100));
	EXPECT_EQ(1, k.tokens);
}

TEST(another_rate)
{
	struct blk_bucket k = { .rate = 1 };

	bucket_wait(&k, 0);
	bucket_take(&k, 1000);
	EXPECT_NE(0, bucket_wait(&k, 1));
	k.rate = 2;
	EXPECT_EQ(0, bucket_wait(&k, 2));
	/* off: what goes through is not owed when the limit comes back */
	k.rate = 0;
	for (int i = 0; i < 1000; i++)
		bucket_take(&k, 1000);
	k.rate = 2;
	EXPECT_EQ(0, bucket_wait(&k, 3));
}

TEST_HARNESS_MAIN
