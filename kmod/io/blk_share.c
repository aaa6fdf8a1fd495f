// SPDX-License-Identifier: GPL-2.0
/*
 * Disks of different guests whose images lie on one device of the host: what each may have
 * under way there while others use it, too.
 * Side: host.  Any context, but _join and _leave: process context.
 *
 * The host's device serves in its own order, so whoever has most under way there gets most
 * of it, and everybody waits behind that. A disk alone on its device may fill it (blk_limit.c).
 * As soon as disks of two guests are active, each one's part of SHARE_BYTES, by weight, bounds
 * what it has under way: the others' requests then wait behind that, however long
 * its ring is. One request always goes through, whatever its size; reads and writes in pieces, one
 * after the other, so that little stands before another's request.
 *
 * Active is who had a request under way in the last SHARE_IDLE: longer than a guest thinks between
 * two requests, or each one's first would meet a device that the others have filled meanwhile.
 * backing.lock guards who is active; a request of an active disk does not take it.
 */
#include <linux/blkdev.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/timer.h>

#include "io/blk_int.h"

#define SHARE_BYTES	(512 << 10)	/* under way on a device, of all its active disks */
#define SHARE_MIN	(64 << 10)	/* of a disk with the default weight, however many there are */
#define SHARE_REQUEST	(16 << 10)	/* what a request costs beside its bytes */
#define SHARE_PIECE	(128 << 10)	/* of a read or write that is under way at once */
#define SHARE_IDLE	(HZ / 5)

struct blk_backing {
	dev_t		dev;
	struct list_head link;		/* backings_lock */
	unsigned int	users;		/* backings_lock */
	spinlock_t	lock;		/* irq-safe */
	struct list_head active;	/* blk_share.link */
	u32		weight;		/* of the active ones */
	u32		per_weight;	/* bytes under way; 0: no cap.  Others read it without the lock */
	struct timer_list timer;	/* runs while any is active */
};

static LIST_HEAD(backings);
static DEFINE_MUTEX(backings_lock);

/* --- who is active --- */

/* Whoever waits for its part looks again: it may have become larger. */
static void share_kick(struct blk_backing *k)
{
	struct blk *b;

	/* pairs with limit_disk: it sees the new part, or we see starved */
	smp_mb();
	list_for_each_entry(b, &k->active, share.link)
		blk_limit_kick(b);
}

/* A guest has few disks, so that disks of two are soon found. */
static bool share_crowded(struct blk_backing *k)
{
	struct blk *b, *first = list_first_entry_or_null(&k->active, struct blk, share.link);

	list_for_each_entry(b, &k->active, share.link)
		if (b->v.h != first->v.h)
			return true;
	return false;
}

static void share_divide(struct blk_backing *k)
{
	u32 part = 0;

	if (share_crowded(k))
		part = max_t(u32, SHARE_BYTES / k->weight, SHARE_MIN / PVHV_DISK_WEIGHT);
	WRITE_ONCE(k->per_weight, part);
}

static void share_deactivate(struct blk_backing *k, struct blk *b)
{
	list_del(&b->share.link);
	k->weight -= b->share.weight;
	WRITE_ONCE(b->share.active, false);
}

static void share_activate(struct blk *b)
{
	struct blk_backing *k = b->share.backing;
	unsigned long flags;

	spin_lock_irqsave(&k->lock, flags);
	list_add(&b->share.link, &k->active);
	k->weight += b->share.weight;
	WRITE_ONCE(b->share.active, true);
	share_divide(k);
	if (!timer_pending(&k->timer))
		mod_timer(&k->timer, jiffies + SHARE_IDLE);
	spin_unlock_irqrestore(&k->lock, flags);
}

static void share_timer(struct timer_list *t)
{
	struct blk_backing *k = from_timer(k, t, timer);
	bool fewer = false;
	struct blk *b, *n;
	unsigned long flags;

	spin_lock_irqsave(&k->lock, flags);
	list_for_each_entry_safe(b, n, &k->active, share.link) {
		if (atomic_read(&b->requests) || time_before(jiffies, READ_ONCE(b->share.used) + SHARE_IDLE))
			continue;
		share_deactivate(k, b);
		fewer = true;
	}
	if (fewer) {
		share_divide(k);
		share_kick(k);
	}
	if (!list_empty(&k->active))
		mod_timer(&k->timer, jiffies + SHARE_IDLE / 2);
	spin_unlock_irqrestore(&k->lock, flags);
}

/* --- requests --- */

bool blk_share_room(const struct blk *b)
{
	u32 part = READ_ONCE(b->share.backing->per_weight), cost = atomic_read(&b->share.cost);

	return !part || !cost || cost < part * READ_ONCE(b->share.weight);
}

void blk_share_begin(struct blk_req *r)
{
	struct blk *b = r->b;
	u32 at_once = r->io.len;

	if (at_once > SHARE_PIECE && !r->io.nr_ranges && READ_ONCE(b->share.backing->per_weight)) {
		at_once = SHARE_PIECE;
		r->io.piece = at_once;
	}
	r->cost = SHARE_REQUEST + at_once;
	atomic_add(r->cost, &b->share.cost);
	WRITE_ONCE(b->share.used, jiffies);
	/* only the thread sets it; the timer that clears it meanwhile has seen no request: the next one sets it */
	if (!READ_ONCE(b->share.active))
		share_activate(b);
}

void blk_share_end(struct blk_req *r)
{
	struct blk *b = r->b;

	WRITE_ONCE(b->share.used, jiffies);
	atomic_sub(r->cost, &b->share.cost);
}

void blk_share_weigh(struct blk *b, u32 weight)
{
	struct blk_backing *k = b->share.backing;
	unsigned long flags;

	spin_lock_irqsave(&k->lock, flags);
	if (b->share.active)
		k->weight += weight - b->share.weight;
	WRITE_ONCE(b->share.weight, weight);
	share_divide(k);
	share_kick(k);
	spin_unlock_irqrestore(&k->lock, flags);
}

/* --- devices --- */

/*
 * The whole disk behind a partition, or behind the file system of a file. What lies below dm (LVM) or loop is theirs to know:
 * neither exports a way to ask.
 */
static dev_t share_dev(const struct image *im)
{
	struct super_block *sb = im->file->f_mapping->host->i_sb;
	struct block_device *bdev = image_bdev(im) ?: sb->s_bdev;

	return bdev ? disk_devt(bdev->bd_disk) : sb->s_dev;
}

static struct blk_backing *share_find(dev_t dev)
{
	struct blk_backing *k;

	list_for_each_entry(k, &backings, link)
		if (k->dev == dev)
			return k;
	k = kzalloc(sizeof(*k), GFP_KERNEL);
	if (!k)
		return NULL;
	k->dev = dev;
	spin_lock_init(&k->lock);
	INIT_LIST_HEAD(&k->active);
	timer_setup(&k->timer, share_timer, 0);
	list_add(&k->link, &backings);
	return k;
}

int blk_share_join(struct blk *b, u32 weight)
{
	struct blk_backing *k;

	mutex_lock(&backings_lock);
	k = share_find(share_dev(&b->image));
	if (k)
		k->users++;
	mutex_unlock(&backings_lock);
	b->share.backing = k;
	b->share.weight = weight;
	return k ? 0 : -ENOMEM;
}

void blk_share_leave(struct blk *b)
{
	struct blk_backing *k = b->share.backing;
	unsigned long flags;

	spin_lock_irqsave(&k->lock, flags);
	if (b->share.active) {
		share_deactivate(k, b);
		share_divide(k);
		share_kick(k);
	}
	spin_unlock_irqrestore(&k->lock, flags);
	mutex_lock(&backings_lock);
	if (!--k->users) {
		list_del(&k->link);
		del_timer_sync(&k->timer);
		kfree(k);
	}
	mutex_unlock(&backings_lock);
}
