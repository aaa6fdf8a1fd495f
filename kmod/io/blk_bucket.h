/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A limit of a disk in requests or bytes per second: a bucket of tokens.
 * Side: host.  In the disk's thread; the rate is set in any context.  selftests/io compiles it as it is.
 *
 * Tokens may be negative: a request is let through when there is any, and pays its price. x86 divides 128 bits by 64
 * and raises #DE when the result has more than 64, so no more time is counted than fills the bucket.
 */
#ifndef PVHV_IO_BLK_BUCKET_H
#define PVHV_IO_BLK_BUCKET_H

#include <linux/compiler.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/types.h>

#define BUCKET_BURST_PART	10	/* of what flows in a second may come at once */

struct blk_bucket {
	u64		rate;		/* per second, 0 = no limit; any context */
	/* thread */
	u64		known_rate;
	s64		tokens;		/* from minus the largest price, an u32, to the burst */
	u64		stamp;		/* ns */
};

static inline s64 bucket_burst(u64 rate)
{
	return rate / BUCKET_BURST_PART ?: 1;
}

/* In which tokens flow in. */
static inline u64 bucket_ns(u64 tokens, u64 rate)
{
	return mul_u64_u64_div_u64(tokens, NSEC_PER_SEC, rate);
}

static inline void bucket_fill(struct blk_bucket *k, u64 now)
{
	s64 burst = bucket_burst(k->known_rate);
	u64 passed = now - k->stamp, add;

	if (passed >= bucket_ns(burst - k->tokens, k->known_rate)) {
		k->tokens = burst;
		k->stamp = now;
		return;
	}
	add = mul_u64_u64_div_u64(passed, k->known_rate, NSEC_PER_SEC);
	/* what is less than a token stays for the next time */
	k->stamp += bucket_ns(add, k->known_rate);
	k->tokens += add;
}

/* Nanoseconds until there is a token; 0: there is one. */
static inline u64 bucket_wait(struct blk_bucket *k, u64 now)
{
	u64 rate = READ_ONCE(k->rate);

	if (rate != k->known_rate) {
		k->known_rate = rate;
		k->tokens = bucket_burst(rate);
		k->stamp = now;
	}
	if (!rate)
		return 0;
	bucket_fill(k, now);
	return k->tokens > 0 ? 0 : bucket_ns(1 - k->tokens, rate) + 1;
}

/* A request that was let through pays; without a limit there is nothing to owe. */
static inline void bucket_take(struct blk_bucket *k, u32 price)
{
	if (READ_ONCE(k->rate))
		k->tokens -= price;
}

#endif /* PVHV_IO_BLK_BUCKET_H */
