// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-blk back end: checks a guest's requests, translates them, hands them to its image.
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

/* The buffers of a request, consumed from the front. */
struct blk_segs {
	struct vring_seg *seg;
	u32		nr;
};

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

/* --- taking a request apart --- */

/* The first len bytes of what the device reads, however they are cut. */
static int blk_pull(struct blk *b, struct blk_segs *s, void *dst, u32 len)
{
	while (len) {
		u32 n;
		int err;

		if (!s->nr)
			return -EINVAL;
		n = min(len, s->seg->len);
		err = vdev_read(&b->v, s->seg->addr, dst, n);
		if (err)
			return err;
		dst += n;
		len -= n;
		s->seg->addr += n;
		s->seg->len -= n;
		if (!s->seg->len) {
			s->seg++;
			s->nr--;
		}
	}
	return 0;
}

/* The last byte of what the device writes is the status. */
static int blk_take_status(struct blk_req *r, struct blk_segs *in)
{
	struct vring_seg *last;
	u64 addr;
	int err;

	if (!in->nr)
		return -EINVAL;
	last = &in->seg[in->nr - 1];
	addr = last->addr + last->len - 1;
	err = hostdom_frame_get(r->b->v.h, addr, true, &r->status_page);
	if (err)
		return err;
	r->status = page_address(r->status_page) + offset_in_page(addr);
	if (!--last->len)
		in->nr--;
	return 0;
}

/* Length of the data; the number of parts, one per page that a segment touches. */
static u64 blk_count_parts(const struct blk_segs *s, u64 *len)
{
	u64 parts = 0;
	u32 i;

	*len = 0;
	for (i = 0; i < s->nr; i++) {
		*len += s->seg[i].len;
		parts += DIV_ROUND_UP_ULL(offset_in_page(s->seg[i].addr) + (u64)s->seg[i].len, PAGE_SIZE);
	}
	return parts;
}

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

/* A read or write.  The image may be resized meanwhile: its size is looked at once. */
static unsigned int blk_rw(struct blk_req *r, u64 sector, const struct blk_segs *data)
{
	struct blk *b = r->b;
	u64 len, parts = blk_count_parts(data, &len), sectors = READ_ONCE(b->image.sectors);

	if (!len || (len & 511) || len > BLK_MAX_LEN || parts > BLK_MAX_VECS ||
	    sector > sectors || len >> 9 > sectors - sector)
		return VIRTIO_BLK_S_IOERR;
	/* waits for another big request to end, at worst */
	r->io.vec = parts > BLK_INLINE_VECS ? mempool_alloc(b->big, GFP_NOIO) : r->small;
	if (blk_get_pages(r, data))
		return VIRTIO_BLK_S_IOERR;
	r->io.pos = sector << 9;
	r->bytes = len;
	blk_limit_begin(r, len);
	return BLK_PENDING;
}

/* One of the ranges to discard or to fill with zeros. */
static unsigned int blk_take_range(struct blk_req *r, const struct virtio_blk_discard_write_zeroes *in)
{
	u64 sector = le64_to_cpu(in->sector), sectors = READ_ONCE(r->b->image.sectors);
	u32 nr = le32_to_cpu(in->num_sectors), flags = le32_to_cpu(in->flags);
	bool zero = r->io.op == IMAGE_ZERO;
	u32 mask = (r->b->image.block >> 9) - 1;

	if (flags & ~(zero ? VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0))
		return VIRTIO_BLK_S_UNSUPP;
	if (!nr || nr > (zero ? BLK_ZERO_SECTORS : BLK_DISCARD_SECTORS) || ((sector | nr) & mask) ||
	    sector > sectors || nr > sectors - sector)
		return VIRTIO_BLK_S_IOERR;
	r->range[r->io.nr_ranges++] = (struct image_range){
		.sector = sector,
		.nr = nr,
		.unmap = flags && (r->b->flags & PVHV_DISK_DISCARD),
	};
	if (zero)
		r->bytes += nr << 9;
	return BLK_PENDING;
}

static unsigned int blk_ranges(struct blk_req *r, struct blk_segs *out, const struct blk_segs *in,
			       u32 feature)
{
	struct virtio_blk_discard_write_zeroes range;
	unsigned int status;
	u64 sectors = 0;

	if (!(r->b->v.features & BIT_ULL(feature)))
		return VIRTIO_BLK_S_UNSUPP;
	if (in->nr || !out->nr || r->b->image.rdonly)
		return VIRTIO_BLK_S_IOERR;
	r->io.range = r->range;
	r->io.stop = &r->b->queue[r->q->nr].stop;
	while (out->nr) {
		if (r->io.nr_ranges == IMAGE_MAX_RANGES || blk_pull(r->b, out, &range, sizeof(range)))
			return VIRTIO_BLK_S_IOERR;
		status = blk_take_range(r, &range);
		if (status != BLK_PENDING)
			return status;
		sectors += le32_to_cpu(range.num_sectors);
	}
	blk_limit_begin(r, min_t(u64, sectors << 9, BLK_RANGES_BYTES));
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

/* A status of virtio, or BLK_PENDING. */
static unsigned int blk_decode(struct blk_req *r, struct blk_segs *out, struct blk_segs *in,
			       u32 *written)
{
	struct virtio_blk_outhdr hdr;
	u64 sector;

	if (blk_pull(r->b, out, &hdr, sizeof(hdr)))
		return VIRTIO_BLK_S_IOERR;
	sector = le64_to_cpu((__force __le64)hdr.sector);
	switch (le32_to_cpu((__force __le32)hdr.type)) {
	case VIRTIO_BLK_T_IN:
		r->count = PVHV_DISK_READ;
		r->io.op = IMAGE_READ;
		r->write_pages = true;
		return out->nr ? VIRTIO_BLK_S_IOERR : blk_rw(r, sector, in);
	case VIRTIO_BLK_T_OUT:
		r->count = PVHV_DISK_WRITE;
		r->io.op = IMAGE_WRITE;
		r->io.sync = blk_sync(r->b);
		if (in->nr || r->b->image.rdonly)
			return VIRTIO_BLK_S_IOERR;
		return blk_rw(r, sector, out);
	case VIRTIO_BLK_T_FLUSH:
		r->count = PVHV_DISK_FLUSH;
		r->io.op = IMAGE_FLUSH;
		blk_limit_begin(r, 0);
		return BLK_PENDING;
	case VIRTIO_BLK_T_DISCARD:
		r->count = PVHV_DISK_DISCARDS;
		r->io.op = IMAGE_DISCARD;
		return blk_ranges(r, out, in, VIRTIO_BLK_F_DISCARD);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		r->count = PVHV_DISK_DISCARDS;
		r->io.op = IMAGE_ZERO;
		r->io.sync = blk_sync(r->b);
		return blk_ranges(r, out, in, VIRTIO_BLK_F_WRITE_ZEROES);
	case VIRTIO_BLK_T_GET_ID:
		return blk_get_id(r, in, written);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
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

static void blk_handle(struct blk *b, struct vdev_queue *q)
{
	struct vring_chain *c = &b->v.chain;
	struct blk_segs out = { c->seg, c->nr_out }, in = { c->seg + c->nr_out, c->nr_in };
	struct blk_req *r = blk_alloc_req(b, q, c->head);
	unsigned int status;
	u32 written = 0;

	if (blk_take_status(r, &in)) {
		llist_add(&r->free, &b->queue[q->nr].free);
		vdev_break(q, "request without a place for its status");
		vdev_put(q, c->head, 0);
		return;
	}
	status = blk_decode(r, &out, &in, &written);
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
