// SPDX-License-Identifier: GPL-2.0
/*
 * What a disk may have under way, and how much of the host it may use: caps by disk and
 * guest (beside other guests' disks: blk_share.c), requests and bytes per second, weight.
 * Side: host.  blk_limit_may_take and _begin in the device's thread; the rest in any context.
 *
 * A limit is applied by leaving the ring alone; a timer, or the end of a
 * request, kicks the queue when there is room again.
 */
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/wait_bit.h>

#include "hostdom.h"
#include "io/blk_int.h"

#define RETRY_NS	1000000

static enum hrtimer_restart limit_retry(struct hrtimer *t)
{
	struct blk *b = container_of(t, struct blk, retry);
	unsigned int i;

	for (i = 0; i < b->v.nr_queues; i++)
		vdev_kick(&b->v, i);
	return HRTIMER_NORESTART;
}

void blk_limit_init(struct blk *b)
{
	hrtimer_init(&b->retry, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	b->retry.function = limit_retry;
}

void blk_limit_exit(struct blk *b)
{
	hrtimer_cancel(&b->retry);
}

/* --- requests and bytes per second --- */

static bool limit_flows(struct blk *b)
{
	u64 now, wait;

	if (!READ_ONCE(b->iops.rate) && !READ_ONCE(b->bandwidth.rate))
		return true;
	now = ktime_get_ns();
	wait = max(bucket_wait(&b->iops, now), bucket_wait(&b->bandwidth, now));
	if (!wait)
		return true;
	atomic64_inc(&b->throttled);
	hrtimer_start(&b->retry, ns_to_ktime(wait), HRTIMER_MODE_REL);
	return false;
}

void blk_limit_set(struct blk *b, u64 iops, u64 bandwidth)
{
	WRITE_ONCE(b->iops.rate, iops);
	WRITE_ONCE(b->bandwidth.rate, bandwidth);
	/* who waits may wait less now */
	hrtimer_start(&b->retry, 0, HRTIMER_MODE_REL);
}

/* --- what is under way --- */

/* May who waited go on? */
static bool limit_room(const struct blk *b)
{
	return atomic_read(&b->bytes) <= BLK_MAX_BYTES / 2 && blk_share_room(b);
}

static bool limit_disk(struct blk *b, struct vdev_queue *q)
{
	if (atomic_read(&b->bytes) < BLK_MAX_BYTES && blk_share_room(b))
		return true;
	set_bit(q->nr, &b->starved);
	/* pairs with the atomic_sub_return in blk_limit_end: it sees starved, or we see its request gone */
	smp_mb__after_atomic();
	return limit_room(b);
}

void blk_limit_kick(struct blk *b)
{
	unsigned long starved;
	unsigned int i;

	if (!READ_ONCE(b->starved))
		return;
	starved = xchg(&b->starved, 0);
	for_each_set_bit(i, &starved, PVHV_VDEV_MAX_QUEUES)
		vdev_kick(&b->v, i);
}

/* Another disk of the guest may hold it all, so that no end of ours would kick us. */
static bool limit_guest(struct blk *b)
{
	struct hostdom *h = b->v.h;

	if (atomic_read(&h->io_bytes) < BLK_GUEST_BYTES &&
	    atomic_read(&h->io_requests) < BLK_GUEST_REQUESTS)
		return true;
	hrtimer_start(&b->retry, ns_to_ktime(RETRY_NS), HRTIMER_MODE_REL);
	return false;
}

bool blk_limit_may_take(struct blk *b, struct vdev_queue *q)
{
	return limit_disk(b, q) && limit_guest(b) && limit_flows(b);
}

void blk_limit_begin(struct blk_req *r, u32 len)
{
	struct blk *b = r->b;

	bucket_take(&b->iops, 1);
	bucket_take(&b->bandwidth, r->bytes);
	r->counted = true;
	r->io.len = len;
	atomic_inc(&b->requests);
	atomic_inc(&b->v.h->io_requests);
	atomic_add(len, &b->bytes);
	atomic_add(len, &b->v.h->io_bytes);
	blk_share_begin(r);
}

void blk_limit_end(struct blk_req *r)
{
	struct blk *b = r->b;

	if (!r->counted)
		return;
	blk_share_end(r);
	/* a full barrier; the other side is blk_freeze */
	if (atomic_dec_and_test(&b->requests))
		wake_up_var(&b->requests);
	atomic_dec(&b->v.h->io_requests);
	atomic_sub(r->io.len, &b->v.h->io_bytes);
	/* a full barrier, see limit_disk */
	atomic_sub_return(r->io.len, &b->bytes);
	if (READ_ONCE(b->starved) && limit_room(b))
		blk_limit_kick(b);
}

/* --- weight --- */

/* A step of nice is a quarter more or less of the CPU. */
void blk_limit_weigh(struct blk *b, u32 weight)
{
	u32 w = weight * 100;
	int nice = 0;

	for (; w * 4 >= PVHV_DISK_WEIGHT * 100 * 5 && nice > MIN_NICE; nice--)
		w = w / 5 * 4;
	for (; w * 5 <= PVHV_DISK_WEIGHT * 100 * 4 && nice < MAX_NICE; nice++)
		w = w / 4 * 5;
	set_user_nice(b->v.thread, nice);
	blk_share_weigh(b, weight);
	b->weight = weight;
}
