// SPDX-License-Identifier: GPL-2.0
/*
 * Disks of a domain come, go, change and are looked at.
 * Side: host.  Process context, under hostdom.lock.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/wait_bit.h>
#include <uapi/linux/virtio_ids.h>

#include "hostdom.h"
#include "io/blk.h"
#include "io/blk_int.h"

#define BLK_FEATURES	(BIT_ULL(VIRTIO_BLK_F_SIZE_MAX) | BIT_ULL(VIRTIO_BLK_F_SEG_MAX) | \
			 BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) | BIT_ULL(VIRTIO_BLK_F_FLUSH) | \
			 BIT_ULL(VIRTIO_BLK_F_TOPOLOGY) | BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE) | \
			 BIT_ULL(VIRTIO_BLK_F_MQ))

/* --- attaching --- */

void blk_free(struct blk *b)
{
	mempool_destroy(b->big);
	vfree(b->reqs);
	kvfree(b);
}

static struct blk *blk_alloc(unsigned int nr_queues)
{
	struct blk *b = kvzalloc(sizeof(*b), GFP_KERNEL);
	unsigned int i;

	if (!b)
		return NULL;
	/* whole pages: kmalloc would take the next power of two of them */
	b->reqs = vzalloc(array3_size(nr_queues, BLK_QUEUE_SIZE, sizeof(*b->reqs)));
	b->big = mempool_create_kmalloc_pool(BLK_BIG_REQUESTS, BLK_MAX_VECS * sizeof(struct bio_vec));
	if (!b->reqs || !b->big) {
		blk_free(b);
		return NULL;
	}
	for (i = 0; i < nr_queues * BLK_QUEUE_SIZE; i++)
		llist_add(&b->reqs[i].free, &b->queue[i / BLK_QUEUE_SIZE].free);
	mutex_init(&b->turn);
	blk_limit_init(b);
	return b;
}

static u64 blk_features(const struct blk *b)
{
	if (b->image.rdonly)
		return BLK_FEATURES | BIT_ULL(VIRTIO_BLK_F_RO);
	if (b->flags & PVHV_DISK_DISCARD)
		return BLK_FEATURES | BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES) | BIT_ULL(VIRTIO_BLK_F_DISCARD);
	return BLK_FEATURES | BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES);
}

#define LE16(x)	((__force __virtio16)cpu_to_le16(x))
#define LE32(x)	((__force __virtio32)cpu_to_le32(x))
#define LE64(x)	((__force __virtio64)cpu_to_le64(x))

static void blk_fill_config(const struct blk *b, u16 nr_queues, struct virtio_blk_config *c)
{
	const struct image *im = &b->image;
	u32 per_phys = max(im->phys_block / im->block, 1U);

	c->capacity = LE64(im->sectors);
	c->size_max = LE32(BLK_SIZE_MAX);
	c->seg_max = LE32(BLK_SEG_MAX);
	c->blk_size = LE32(im->block);
	c->physical_block_exp = ilog2(per_phys);
	c->min_io_size = LE16(per_phys);
	c->wce = 1;
	c->num_queues = LE16(nr_queues);
	c->max_discard_sectors = LE32(BLK_DISCARD_SECTORS);
	c->max_discard_seg = LE32(IMAGE_MAX_RANGES);
	c->discard_sector_alignment = LE32(max(im->phys_block, im->block) >> 9);
	c->max_write_zeroes_sectors = LE32(BLK_ZERO_SECTORS);
	c->max_write_zeroes_seg = LE32(IMAGE_MAX_RANGES);
	c->write_zeroes_may_unmap = !!(b->flags & PVHV_DISK_DISCARD);
}

static int blk_add(struct hostdom *h, struct blk *b, unsigned int nr_queues)
{
	struct virtio_blk_config config = {};
	struct vdev_desc desc = {
		.ops = &blk_ops,
		.device_id = VIRTIO_ID_BLOCK,
		.nr_queues = nr_queues,
		.max_size = BLK_QUEUE_SIZE,
		.features = blk_features(b),
		.config = &config,
		.config_len = sizeof(config),
	};

	blk_fill_config(b, nr_queues, &config);
	return vdev_add(h, &b->v, &desc);
}

/* Weight and rates. */
static int blk_check_limits(u32 weight, u64 iops, u64 bandwidth, char *msg)
{
	if (weight > PVHV_DISK_WEIGHT_MAX) {
		snprintf(msg, PVHV_MSG_MAX, "the weight must be 1 to %d", PVHV_DISK_WEIGHT_MAX);
		return -EINVAL;
	}
	if (iops > PVHV_DISK_RATE_MAX || bandwidth > PVHV_DISK_RATE_MAX) {
		snprintf(msg, PVHV_MSG_MAX,
			 "a limit must be at most %llu requests or bytes per second: 0 is no limit",
			 PVHV_DISK_RATE_MAX);
		return -EINVAL;
	}
	return 0;
}

static int blk_check(const struct pvhv_disk_attach *arg, char *msg)
{
	if ((arg->flags & ~(PVHV_DISK_RDONLY | PVHV_DISK_DISCARD)) ||
	    memchr_inv(arg->reserved, 0, sizeof(arg->reserved))) {
		snprintf(msg, PVHV_MSG_MAX,
			 "unknown flags or reserved fields: the tool is newer than the module");
		return -EINVAL;
	}
	return blk_check_limits(arg->weight, arg->iops, arg->bandwidth, msg);
}

static int blk_open(struct blk *b, struct hostdom *h, const struct pvhv_disk_attach *arg, char *msg)
{
	int err = image_open(&b->image, arg->fd, arg->flags & PVHV_DISK_RDONLY, h->dom, msg);

	if (err)
		return err;
	if (!(arg->flags & PVHV_DISK_DISCARD) || image_can_discard(&b->image))
		return 0;
	snprintf(msg, PVHV_MSG_MAX,
		 "the image's device or file system cannot discard: attach it without that");
	image_close(&b->image);
	return -EOPNOTSUPP;
}

int blk_attach(struct hostdom *h, struct pvhv_disk_attach *arg, char *msg)
{
	unsigned int nr_queues = min_t(u32, h->dom->nr_vcpus, PVHV_VDEV_MAX_QUEUES);
	struct blk *b;
	int err = blk_check(arg, msg);

	if (err)
		return err;
	b = blk_alloc(nr_queues);
	if (!b)
		return -ENOMEM;
	memcpy(b->serial, arg->serial, sizeof(b->serial));
	b->flags = arg->flags;
	b->iops.rate = arg->iops;
	b->bandwidth.rate = arg->bandwidth;
	err = blk_open(b, h, arg, msg);
	if (err)
		goto free;
	err = blk_share_join(b, arg->weight ?: PVHV_DISK_WEIGHT);
	if (err)
		goto close;
	err = blk_add(h, b, nr_queues);
	if (err) {
		snprintf(msg, PVHV_MSG_MAX, "cannot add a device: error %d (at most %d per guest)", err,
			 PVHV_MAX_VDEVS);
		goto leave;
	}
	blk_limit_weigh(b, arg->weight ?: PVHV_DISK_WEIGHT);
	arg->vdev = b->v.index;
	return 0;

leave:
	blk_share_leave(b);
close:
	image_close(&b->image);
free:
	blk_free(b);
	return err;
}

/* --- those that are there --- */

static struct blk *blk_find(struct hostdom *h, u32 vdev, char *msg)
{
	struct vdev *v = vdev < PVHV_MAX_VDEVS ? h->vdevs[vdev] : NULL;

	if (v && v->ops == &blk_ops && !v->leaving)
		return to_blk(v);
	snprintf(msg, PVHV_MSG_MAX, "the guest has no disk with number %u: 'pvhv disk list' shows them", vdev);
	return NULL;
}

int blk_detach(struct hostdom *h, u32 vdev, char *msg)
{
	struct blk *b = blk_find(h, vdev, msg);

	return b ? vdev_remove(h, &b->v) : -ENXIO;
}

/* No request is under way, and none begins until b->turn is dropped.  -EINTR: the caller is killed. */
static int blk_freeze(struct blk *b)
{
	int err = mutex_lock_killable(&b->turn);

	if (err)
		return err;
	/* woken by blk_limit_end */
	err = wait_var_event_killable(&b->requests, !atomic_read(&b->requests));
	if (err)
		mutex_unlock(&b->turn);
	return err ? -EINTR : 0;
}

/* What a request of before writes behind the new end would make the file longer again. */
static int blk_shrink(struct blk *b, u64 bytes, char *msg)
{
	int err = blk_freeze(b);

	if (err)
		return err;
	err = image_resize(&b->image, bytes, true, msg);
	mutex_unlock(&b->turn);
	return err;
}

int blk_resize(struct hostdom *h, struct pvhv_disk_resize *arg, char *msg)
{
	struct blk *b = blk_find(h, arg->vdev, msg);
	__virtio64 capacity;
	int err;

	if (!b)
		return -ENXIO;
	if (arg->flags & PVHV_RESIZE_SHRINK)
		err = blk_shrink(b, arg->bytes, msg);
	else
		err = image_resize(&b->image, arg->bytes, false, msg);
	if (err)
		return err;
	capacity = LE64(b->image.sectors);
	vdev_set_config(&b->v, offsetof(struct virtio_blk_config, capacity), &capacity,
			sizeof(capacity));
	arg->bytes = b->image.sectors << 9;
	return 0;
}

int blk_limits(struct hostdom *h, const struct pvhv_disk_limits *arg, char *msg)
{
	struct blk *b = blk_find(h, arg->vdev, msg);
	int err;

	if (!b)
		return -ENXIO;
	err = blk_check_limits(arg->weight, arg->iops, arg->bandwidth, msg);
	if (err)
		return err;
	if (arg->weight)
		blk_limit_weigh(b, arg->weight);
	blk_limit_set(b, arg->iops, arg->bandwidth);
	return 0;
}

static void blk_fill_path(const struct blk *b, struct pvhv_disk_info *out)
{
	char *path = file_path(b->image.file, out->path, sizeof(out->path));

	if (IS_ERR(path))
		memset(out->path, 0, sizeof(out->path));
	else
		memmove(out->path, path, strlen(path) + 1);
}

static void blk_fill_info(struct blk *b, struct pvhv_disk_info *out)
{
	unsigned int i;

	out->vdev = b->v.index;
	out->flags = b->flags | (b->v.leaving ? PVHV_DISK_LEAVING : 0);
	out->bytes = READ_ONCE(b->image.sectors) << 9;
	out->iops = READ_ONCE(b->iops.rate);
	out->bandwidth = READ_ONCE(b->bandwidth.rate);
	out->weight = b->weight;
	out->nr_queues = b->v.nr_queues;
	out->in_flight = atomic_read(&b->requests);
	out->bytes_in_flight = atomic_read(&b->bytes);
	out->throttled = atomic64_read(&b->throttled);
	out->block_size = b->image.block;
	memcpy(out->serial, b->serial, sizeof(out->serial));
	for (i = 0; i < PVHV_DISK_NR_COUNTS; i++) {
		out->count[i].requests = atomic64_read(&b->count[i].requests);
		out->count[i].bytes = atomic64_read(&b->count[i].bytes);
		out->count[i].errors = atomic64_read(&b->count[i].errors);
	}
	blk_fill_path(b, out);
}

int blk_info(struct hostdom *h, u32 vdev, struct pvhv_disk_info *out)
{
	for (; vdev < PVHV_MAX_VDEVS; vdev++) {
		struct vdev *v = h->vdevs[vdev];

		if (!v || v->ops != &blk_ops)
			continue;
		blk_fill_info(to_blk(v), out);
		return 0;
	}
	return -ENXIO;
}
