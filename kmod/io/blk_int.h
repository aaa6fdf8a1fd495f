/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk of a guest, as the parts of the virtio-blk back end see it.
 * Side: host.  Requests: blk_parse.c, blk.c; limits: blk_limit.c; beside other guests' disks: blk_share.c; attaching,
 * resizing, counts: blk_disk.c.
 */
#ifndef PVHV_IO_BLK_INT_H
#define PVHV_IO_BLK_INT_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/llist.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <uapi/linux/virtio_blk.h>

#include "io/blk_bucket.h"
#include "io/blk_parse.h"
#include "io/image.h"
#include "io/vdev.h"
#include <pvhv/ioctl_disk.h>

#define BLK_QUEUE_SIZE		128
#define BLK_INLINE_VECS		33
#define BLK_BIG_REQUESTS	1	/* that always find memory: of those under way, one is enough to go on */
#define BLK_MAX_BYTES		(32 << 20)	/* under way, of a disk */
#define BLK_GUEST_BYTES		(64 << 20)	/* of a guest */
#define BLK_GUEST_REQUESTS	1024
#define BLK_RANGES_BYTES	(4 << 20)	/* that zeros or a discard count as under way at most */

struct blk_req {
	struct image_io	io;
	struct blk	*b;
	struct vdev_queue *q;
	struct llist_node free;
	u16		head;
	u8		count;		/* PVHV_DISK_READ ..: where it is counted */
	bool		counted;	/* in the bytes and requests of its guest */
	bool		write_pages;	/* the host writes the data pages */
	u32		bytes;		/* moved, for the counts and limits */
	u32		cost;		/* on the host's device, see blk_share.c */
	struct page	*status_page;
	u8		*status;
	union {
		struct bio_vec	small[BLK_INLINE_VECS];
		struct image_range range[IMAGE_MAX_RANGES];
	};
};

struct blk_queue {
	struct llist_head free;		/* the thread takes, any context adds */
	bool		stop;		/* the ring goes off: ranges under way are given up.  Thread; the work queue looks */
};

struct blk_backing;

/* Its part of the host's device, see blk_share.c. */
struct blk_share {
	struct blk_backing *backing;
	struct list_head link;		/* in those that are active; backing.lock, as all below */
	u32		weight;		/* others may look */
	bool		active;		/* the same */
	atomic_t	cost;		/* under way; any context */
	unsigned long	used;		/* jiffies of the last request; any context */
};

struct blk_count {
	atomic64_t	requests, bytes, errors;
};

struct blk {
	struct vdev	v;
	struct image	image;
	char		serial[VIRTIO_BLK_ID_BYTES];
	u32		flags;		/* PVHV_DISK_* */
	u32		weight;		/* hostdom.lock */
	bool		write_through;	/* the driver's wish, thread */
	struct mutex	turn;		/* held while requests are taken */
	mempool_t	*big;		/* bio_vec[BLK_MAX_VECS] */
	atomic_t	bytes;		/* under way */
	atomic_t	requests;
	struct blk_share share;
	unsigned long	starved;	/* queues that wait for bytes or cost to drop */
	struct blk_bucket iops, bandwidth;
	struct hrtimer	retry;		/* looks at all queues again */
	atomic64_t	throttled;
	struct blk_count count[PVHV_DISK_NR_COUNTS];
	struct blk_req	*reqs;		/* of all queues */
	struct blk_queue queue[PVHV_VDEV_MAX_QUEUES];
};

extern const struct vdev_ops blk_ops;

static inline struct blk *to_blk(struct vdev *v)
{
	return container_of(v, struct blk, v);
}

/* --- blk_limit.c --- */

void blk_limit_init(struct blk *b);
void blk_limit_exit(struct blk *b);	/* the thread has ended */
/* May the thread take a request from that queue now?  If not, the queue is kicked later. */
bool blk_limit_may_take(struct blk *b, struct vdev_queue *q);
/* A request that was taken is accounted: io.len bytes are under way. */
void blk_limit_begin(struct blk_req *r, u32 len);
void blk_limit_end(struct blk_req *r);
void blk_limit_set(struct blk *b, u64 iops, u64 bandwidth);
/* 1 to PVHV_DISK_WEIGHT_MAX */
void blk_limit_weigh(struct blk *b, u32 weight);
/* Queues that wait for what is under way to drop look again.  Any context. */
void blk_limit_kick(struct blk *b);

/* --- blk_share.c --- */

/* Finds out on which device the image lies.  -ENOMEM. */
int blk_share_join(struct blk *b, u32 weight);
/* No request is under way. */
void blk_share_leave(struct blk *b);
/* May it have one more request under way on its device? */
bool blk_share_room(const struct blk *b);
void blk_share_begin(struct blk_req *r);
void blk_share_end(struct blk_req *r);
void blk_share_weigh(struct blk *b, u32 weight);

/* --- blk_disk.c --- */

void blk_free(struct blk *b);

#endif /* PVHV_IO_BLK_INT_H */
