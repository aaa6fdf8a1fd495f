/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A limit in bytes per second: a bucket of tokens.
 * Side: host.  Any context; the lock is inside.  A packet may overdraw the
 * bucket once; the next one waits until it is paid.
 */
#ifndef PVHV_IO_VNET_RATE_H
#define PVHV_IO_VNET_RATE_H

#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <linux/time64.h>

#define VNET_RATE_MAX	(1ULL << 33)	/* bytes per second: times a second's ns it fits into 64 bits */
#define VNET_RATE_BURST	65536ULL

struct vnet_rate {
	u64		rate;		/* 0: no limit; fixed */
	spinlock_t	lock;
	s64		tokens;		/* lock */
	u64		stamp;		/* ns; lock */
};

static inline void vnet_rate_init(struct vnet_rate *r, u64 rate)
{
	r->rate = rate;
	spin_lock_init(&r->lock);
	r->tokens = 0;
	r->stamp = ktime_get_ns();
}

/* 0: a packet may go; otherwise the ns to wait. */
static inline u64 vnet_rate_wait(struct vnet_rate *r)
{
	u64 now, passed, wait = 0;
	s64 most;

	if (!r->rate)
		return 0;
	/* what 10 ms bring may go at once */
	most = max(r->rate / 100, VNET_RATE_BURST);
	spin_lock(&r->lock);
	now = ktime_get_ns();
	passed = min_t(u64, now - r->stamp, NSEC_PER_SEC);
	r->tokens += div_u64(passed * r->rate, NSEC_PER_SEC);
	r->tokens = min(r->tokens, most);
	r->stamp = now;
	if (r->tokens <= 0)
		wait = div64_u64(min_t(u64, 1 - r->tokens, r->rate) * NSEC_PER_SEC, r->rate) + NSEC_PER_USEC;
	spin_unlock(&r->lock);
	return wait;
}

static inline void vnet_rate_take(struct vnet_rate *r, u32 bytes)
{
	if (!r->rate)
		return;
	spin_lock(&r->lock);
	r->tokens -= bytes;
	spin_unlock(&r->lock);
}

#endif /* PVHV_IO_VNET_RATE_H */
