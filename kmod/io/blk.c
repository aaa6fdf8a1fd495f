// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-blk back end: translates a guest's requests (blk_parse.c checks them), hands them to its image.
 * Side: host.  Requests are taken in the device's thread and end in any
 * context, in any order.  A request is a private copy from a fixed set, and holds a
 * reference on each frame (a writable type reference where the host writes) until it has
 * ended; requests and bytes under way are bounded (blk_limit.c).
 */
#include <linux/blkdev.h>
#include <linux/mm.h>

#include "hostdom.h"
#include "io/blk_int.h"

#define BLK_BATCH	64	/* requests per turn of the thread */
#define BLK_PENDING	0x100	/* not a status of virtio: the image works on it */

/* --- the end of a request --- */

static void blk_put_pages(struct blk_req *r)
{
	struct image_io *io = &r->io;

	while (io->nr_vecs)
		hostdom_frame_put(r->b->v.h, io->vec[--io->nr_vecs].bv_page, r->write_pages);
	if (io->vec && io->vec != r->small)
		mempool_free(io->vec, r->b->big);
	io->vec = NULL;
}

static void blk_count(struct blk_req *r, bool ok)
{
	struct blk_count *c = &r->b->count[r->count];
	u32 moved = ok ? r->bytes : 0;

	vdev_count(&r->b->v, r->write_pages ? moved : 0, r->write_pages ? 0 : moved, !ok);
	if (r->count == PVHV_DISK_NR_COUNTS)
		return;
	if (ok) {
		atomic64_inc(&c->requests);
		atomic64_add(r->bytes, &c->bytes);
	} else {
		atomic64_inc(&c->errors);
	}
}

/*
 * All references are dropped before the guest hears of it: it may make a page
 * table of a buffer at once.  After vdev_put the device may be gone.
 */
static void blk_end(struct blk_req *r, u8 status, u32 written)
{
	struct vdev_queue *q = r->q;
	struct blk *b = r->b;
	u16 head = r->head;

	blk_put_pages(r);
	WRITE_ONCE(*r->status, status);
	hostdom_frame_put(b->v.h, r->status_page, true);
	blk_count(r, status == VIRTIO_BLK_S_OK);
	blk_limit_end(r);
	llist_add(&r->free, &b->queue[q->nr].free);
	vdev_put(q, head, written + 1);
}

static void blk_done(struct image_io *io, int err)
{
	struct blk_req *r = container_of(io, struct blk_req, io);
	u8 status = VIRTIO_BLK_S_OK;

	if (err)
		status = err == -EOPNOTSUPP ? VIRTIO_BLK_S_UNSUPP : VIRTIO_BLK_S_IOERR;
	blk_end(r, status, !err && r->write_pages ? io->len : 0);
}

/* --- its beginning --- */

/* Frames that follow each other need not belong together: no part spans two. */
static int blk_get_pages(struct blk_req *r, const struct blk_segs *s)
{
	struct image_io *io = &r->io;
	u32 i;
	int err;

	for (i = 0; i < s->nr; i++) {
		u64 addr = s->seg[i].addr;
		u32 left = s->seg[i].len;

		while (left) {
			struct bio_vec *v = &io->vec[io->nr_vecs];
			u32 off = offset_in_page(addr), n = min_t(u32, left, PAGE_SIZE - off);

			err = hostdom_frame_get(r->b->v.h, addr, r->write_pages, &v->bv_page);
			if (err)
				return err;
			v->bv_offset = off;
			v->bv_len = n;
			io->nr_vecs++;
			addr += n;
			left -= n;
		}
	}
	return 0;
}

static unsigned int blk_rw(struct blk_req *r, const struct blk_cmd *cmd)
{
	/* waits for another big request to end, at worst */
	r->io.vec = cmd->parts > BLK_INLINE_VECS ? mempool_alloc(r->b->big, GFP_NOIO) : r->small;
	if (blk_get_pages(r, &cmd->data))
		return VIRTIO_BLK_S_IOERR;
	r->io.pos = cmd->sector << 9;
	r->bytes = cmd->len;
	blk_limit_begin(r, cmd->len);
	return BLK_PENDING;
}

static unsigned int blk_ranges(struct blk_req *r, const struct blk_cmd *cmd)
{
	r->io.range = r->range;
	r->io.nr_ranges = cmd->nr_ranges;
	r->io.stop = &r->b->queue[r->q->nr].stop;
	r->bytes = cmd->len;
	blk_limit_begin(r, min_t(u64, cmd->sectors << 9, BLK_RANGES_BYTES));
	return BLK_PENDING;
}

/* Without a cache that the driver knows of, a write is on the disk when it is done. */
static bool blk_sync(const struct blk *b)
{
	if (b->v.features & BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE))
		return b->write_through;
	return !(b->v.features & BIT_ULL(VIRTIO_BLK_F_FLUSH));
}

static unsigned int blk_get_id(struct blk_req *r, const struct blk_segs *in, u32 *written)
{
	struct blk *b = r->b;
	u32 i, n;

	for (i = 0; i < in->nr && *written < sizeof(b->serial); i++) {
		n = min_t(u32, in->seg[i].len, sizeof(b->serial) - *written);
		if (vdev_write(&b->v, in->seg[i].addr, b->serial + *written, n))
			return VIRTIO_BLK_S_IOERR;
		*written += n;
	}
	return *written ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR;
}

/* What it is counted as, also if it is refused. */
static void blk_classify(struct blk_req *r, u32 type)
{
	switch (type) {
	case VIRTIO_BLK_T_IN:
		r->count = PVHV_DISK_READ;
		r->io.op = IMAGE_READ;
		r->write_pages = true;
		break;
	case VIRTIO_BLK_T_OUT:
		r->count = PVHV_DISK_WRITE;
		r->io.op = IMAGE_WRITE;
		r->io.sync = blk_sync(r->b);
		break;
	case VIRTIO_BLK_T_FLUSH:
		r->count = PVHV_DISK_FLUSH;
		r->io.op = IMAGE_FLUSH;
		break;
	case VIRTIO_BLK_T_DISCARD:
		r->count = PVHV_DISK_DISCARDS;
		r->io.op = IMAGE_DISCARD;
		break;
	case VIRTIO_BLK_T_WRITE_ZEROES:
		r->count = PVHV_DISK_DISCARDS;
		r->io.op = IMAGE_ZERO;
		r->io.sync = blk_sync(r->b);
		break;
	}
}

/* A status of virtio, or BLK_PENDING. */
static unsigned int blk_begin(struct blk_req *r, const struct blk_cmd *cmd, u32 *written)
{
	switch (cmd->type) {
	case VIRTIO_BLK_T_IN:
	case VIRTIO_BLK_T_OUT:
		return blk_rw(r, cmd);
	case VIRTIO_BLK_T_FLUSH:
		blk_limit_begin(r, 0);
		return BLK_PENDING;
	case VIRTIO_BLK_T_GET_ID:
		return blk_get_id(r, &cmd->data, written);
	}
	return blk_ranges(r, cmd);
}

/* --- the thread --- */

/* There is one: vring_next lets no more requests through than the ring has entries. */
static struct blk_req *blk_alloc_req(struct blk *b, struct vdev_queue *q, u16 head)
{
	struct blk_req *r = llist_entry(llist_del_first(&b->queue[q->nr].free), struct blk_req, free);

	r->b = b;
	r->q = q;
	r->head = head;
	r->count = PVHV_DISK_NR_COUNTS;
	r->counted = false;
	r->write_pages = false;
	r->bytes = 0;
	r->io.done = blk_done;
	r->io.op = IMAGE_FLUSH;
	r->io.len = 0;
	r->io.sync = false;
	r->io.piece = 0;
	r->io.nr_vecs = 0;
	r->io.nr_ranges = 0;
	r->io.vec = NULL;
	return r;
}

static int blk_get_status(struct blk_req *r, u64 addr)
{
	int err = hostdom_frame_get(r->b->v.h, addr, true, &r->status_page);

	if (!err)
		r->status = page_address(r->status_page) + offset_in_page(addr);
	return err;
}

static void blk_handle(struct blk *b, struct vdev_queue *q)
{
	struct blk_view disk = {
		/* may be resized meanwhile: looked at once */
		.sectors = READ_ONCE(b->image.sectors),
		.features = b->v.features,
		.block = b->image.block,
		.rdonly = b->image.rdonly,
		.discards = b->flags & PVHV_DISK_DISCARD,
	};
	struct vring_chain *c = &b->v.chain;
	struct blk_req *r = blk_alloc_req(b, q, c->head);
	unsigned int status;
	struct blk_cmd cmd;
	u32 written = 0;
	int ret;

	ret = blk_parse(&cmd, r->range, &disk, &b->v.mem, c);
	if (ret < 0 || blk_get_status(r, cmd.status)) {
		llist_add(&r->free, &b->queue[q->nr].free);
		vdev_break(q, "request without a place for its status");
		vdev_put(q, c->head, 0);
		return;
	}
	blk_classify(r, cmd.type);
	status = ret == VIRTIO_BLK_S_OK ? blk_begin(r, &cmd, &written) : ret;
	if (status == BLK_PENDING)
		image_submit(&b->image, &r->io);
	else
		blk_end(r, status, written);
}

static enum vdev_turn blk_run(struct vdev *v, struct vdev_queue *q)
{
	enum vdev_turn turn = VDEV_MORE;
	struct blk *b = to_blk(v);
	struct blk_plug plug;
	unsigned int n;

	mutex_lock(&b->turn);
	blk_start_plug(&plug);
	for (n = 0; n < BLK_BATCH && !vdev_interrupted(v); n++) {
		if (!blk_limit_may_take(b, q)) {
			turn = VDEV_LATER;
			break;
		}
		if (!vdev_next(q)) {
			turn = VDEV_EMPTY;
			break;
		}
		blk_handle(b, q);
	}
	blk_finish_plug(&plug);
	mutex_unlock(&b->turn);
	return turn;
}

static void blk_queue_on(struct vdev *v, struct vdev_queue *q)
{
	WRITE_ONCE(to_blk(v)->queue[q->nr].stop, false);
}

/* Long ranges, and those that have not begun, are nothing to wait for. */
static void blk_queue_off(struct vdev *v, struct vdev_queue *q)
{
	WRITE_ONCE(to_blk(v)->queue[q->nr].stop, true);
}

/* The driver may choose whether the disk has a cache. */
static int blk_config(struct vdev *v)
{
	const struct virtio_blk_config *c = (void *)v->page->config;
	struct blk *b = to_blk(v);
	u8 wce;

	if (!(v->features & BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE)))
		return 0;
	wce = READ_ONCE(c->wce);
	if (wce > 1)
		return -EINVAL;
	b->write_through = !wce;
	return 0;
}

static void blk_release(struct vdev *v)
{
	struct blk *b = to_blk(v);

	blk_limit_exit(b);
	blk_share_leave(b);
	image_close(&b->image);
	blk_free(b);
}

const struct vdev_ops blk_ops = {
	.name = "blk",
	.run = blk_run,
	.queue_on = blk_queue_on,
	.queue_off = blk_queue_off,
	.config = blk_config,
	.release = blk_release,
};
