// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-blk back end: checks a guest's requests, translates them, hands them to its image.
 * Side: host.  Requests are taken in the device's thread and end in any
 * context, in any order.  A request is a private copy from a fixed set, and holds a
 * reference on each frame (a writable type reference where the host writes) until it has
 * ended; requests and bytes under way are bounded.
 */
#include <linux/atomic.h>
#include <linux/blkdev.h>
#include <linux/llist.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <uapi/linux/virtio_blk.h>
#include <uapi/linux/virtio_ids.h>

#include "hostdom.h"
#include "io/blk.h"
#include "io/image.h"
#include "io/vdev.h"

#define BLK_QUEUE_SIZE		128
#define BLK_BATCH		64	/* requests per turn of the thread */
#define BLK_SEG_MAX		(VRING_MAX_CHAIN - 2)	/* beside header and status */
#define BLK_SIZE_MAX		16384
#define BLK_MAX_LEN		(BLK_SEG_MAX * BLK_SIZE_MAX)
/* Parts of pages in a request: each segment may begin and end within one */
#define BLK_MAX_VECS		(BLK_SEG_MAX * (BLK_SIZE_MAX / PAGE_SIZE + 1))
#define BLK_INLINE_VECS		33
#define BLK_BIG_REQUESTS	2	/* that always find memory */
#define BLK_MAX_BYTES		(32 << 20)	/* under way */

#define BLK_FEATURES	(BIT_ULL(VIRTIO_BLK_F_SIZE_MAX) | BIT_ULL(VIRTIO_BLK_F_SEG_MAX) | \
			 BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) | BIT_ULL(VIRTIO_BLK_F_FLUSH) | \
			 BIT_ULL(VIRTIO_BLK_F_TOPOLOGY))

#define BLK_PENDING	0x100	/* not a status of virtio: the image works on it */

struct blk_req {
	struct image_io	io;
	struct blk	*b;
	struct llist_node free;
	u16		head;
	bool		write_pages;	/* the host writes the data pages */
	struct page	*status_page;
	u8		*status;
	struct bio_vec	small[BLK_INLINE_VECS];
};

struct blk {
	struct vdev	v;
	struct image	image;
	char		serial[VIRTIO_BLK_ID_BYTES];
	mempool_t	*big;		/* bio_vec[BLK_MAX_VECS] */
	struct llist_head free;		/* the thread takes, any context adds */
	atomic_t	bytes;		/* under way */
	bool		starved;	/* thread waits for bytes to drop */
	struct blk_req	req[BLK_QUEUE_SIZE];
};

/* The buffers of a request, consumed from the front. */
struct blk_segs {
	struct vring_seg *seg;
	u32		nr;
};

static struct blk *to_blk(struct vdev *v)
{
	return container_of(v, struct blk, v);
}

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

/*
 * All references are dropped before the guest hears of it: it may make a page
 * table of a buffer at once.  After vdev_put the device may be gone.
 */
static void blk_end(struct blk_req *r, u8 status, u32 written)
{
	struct blk *b = r->b;
	u16 head = r->head;

	blk_put_pages(r);
	vdev_count(&b->v, r->io.op == IMAGE_WRITE ? 0 : written,
		   status == VIRTIO_BLK_S_OK && r->io.op == IMAGE_WRITE ? r->io.len : 0,
		   status != VIRTIO_BLK_S_OK);
	WRITE_ONCE(*r->status, status);
	hostdom_frame_put(b->v.h, r->status_page, true);
	/* full barrier; pairs with the one in blk_may_take */
	if (atomic_sub_return(r->io.len, &b->bytes) <= BLK_MAX_BYTES / 2 && READ_ONCE(b->starved)) {
		WRITE_ONCE(b->starved, false);
		vdev_kick(&b->v, 0);
	}
	llist_add(&r->free, &b->free);
	vdev_put(&b->v.queue[0], head, written + 1);
}

static void blk_done(struct image_io *io, int err)
{
	struct blk_req *r = container_of(io, struct blk_req, io);

	blk_end(r, err ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK, !err && r->write_pages ? io->len : 0);
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

static unsigned int blk_rw(struct blk_req *r, u64 sector, const struct blk_segs *data)
{
	struct blk *b = r->b;
	u64 len, parts = blk_count_parts(data, &len);

	if (!len || (len & 511) || len > BLK_MAX_LEN || parts > BLK_MAX_VECS ||
	    sector > b->image.sectors || len >> 9 > b->image.sectors - sector)
		return VIRTIO_BLK_S_IOERR;
	/* waits for another big request to end, at worst */
	r->io.vec = parts > BLK_INLINE_VECS ? mempool_alloc(b->big, GFP_NOIO) : r->small;
	if (blk_get_pages(r, data))
		return VIRTIO_BLK_S_IOERR;
	r->io.pos = sector << 9;
	r->io.len = len;
	atomic_add(len, &b->bytes);
	return BLK_PENDING;
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

	if (blk_pull(r->b, out, &hdr, sizeof(hdr)))
		return VIRTIO_BLK_S_IOERR;
	switch (le32_to_cpu((__force __le32)hdr.type)) {
	case VIRTIO_BLK_T_IN:
		if (out->nr)
			return VIRTIO_BLK_S_IOERR;
		r->io.op = IMAGE_READ;
		r->write_pages = true;
		return blk_rw(r, le64_to_cpu((__force __le64)hdr.sector), in);
	case VIRTIO_BLK_T_OUT:
		if (in->nr || r->b->image.rdonly)
			return VIRTIO_BLK_S_IOERR;
		r->io.op = IMAGE_WRITE;
		return blk_rw(r, le64_to_cpu((__force __le64)hdr.sector), out);
	case VIRTIO_BLK_T_FLUSH:
		r->io.op = IMAGE_FLUSH;
		return BLK_PENDING;
	case VIRTIO_BLK_T_GET_ID:
		return blk_get_id(r, in, written);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

/* --- the thread --- */

/* There is one: vring_next lets no more requests through than the ring has entries. */
static struct blk_req *blk_alloc_req(struct blk *b, u16 head)
{
	struct blk_req *r = llist_entry(llist_del_first(&b->free), struct blk_req, free);

	r->b = b;
	r->head = head;
	r->write_pages = false;
	r->io.done = blk_done;
	r->io.op = IMAGE_FLUSH;
	r->io.len = 0;
	r->io.nr_vecs = 0;
	r->io.vec = NULL;
	return r;
}

static void blk_handle(struct blk *b, struct vdev_queue *q)
{
	struct vring_chain *c = &b->v.chain;
	struct blk_segs out = { c->seg, c->nr_out }, in = { c->seg + c->nr_out, c->nr_in };
	struct blk_req *r = blk_alloc_req(b, c->head);
	unsigned int status;
	u32 written = 0;

	if (blk_take_status(r, &in)) {
		llist_add(&r->free, &b->free);
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

static bool blk_may_take(struct blk *b)
{
	if (atomic_read(&b->bytes) < BLK_MAX_BYTES)
		return true;
	WRITE_ONCE(b->starved, true);
	/* pairs with the atomic_sub_return in blk_end: it sees starved, or we see its bytes gone */
	smp_mb();
	return atomic_read(&b->bytes) <= BLK_MAX_BYTES / 2;
}

/*
 * When too much is under way the queue is left alone, with notifications off;
 * blk_end kicks it.
 */
static bool blk_run(struct vdev *v, struct vdev_queue *q)
{
	struct blk *b = to_blk(v);
	struct blk_plug plug;
	bool more = true;
	unsigned int n;

	vring_notify_off(&q->vr);
	blk_start_plug(&plug);
	for (n = 0; n < BLK_BATCH && !vdev_interrupted(v); n++) {
		if (!blk_may_take(b)) {
			more = false;
			break;
		}
		if (!vdev_next(q)) {
			more = !q->vr.broken && vring_notify_on(&q->vr);
			if (!more)
				break;
			vring_notify_off(&q->vr);
			continue;
		}
		blk_handle(b, q);
	}
	blk_finish_plug(&plug);
	return more;
}

/* --- life --- */

static void blk_free(struct blk *b)
{
	mempool_destroy(b->big);
	kvfree(b);
}

static void blk_release(struct vdev *v)
{
	struct blk *b = to_blk(v);

	image_close(&b->image);
	blk_free(b);
}

static const struct vdev_ops blk_ops = {
	.name = "blk",
	.run = blk_run,
	.release = blk_release,
};

static struct blk *blk_alloc(void)
{
	struct blk *b = kvzalloc(sizeof(*b), GFP_KERNEL);
	unsigned int i;

	if (!b)
		return NULL;
	b->big = mempool_create_kmalloc_pool(BLK_BIG_REQUESTS, BLK_MAX_VECS * sizeof(struct bio_vec));
	if (!b->big) {
		kvfree(b);
		return NULL;
	}
	init_llist_head(&b->free);
	for (i = 0; i < BLK_QUEUE_SIZE; i++)
		llist_add(&b->req[i].free, &b->free);
	return b;
}

static void blk_fill_config(const struct image *im, struct virtio_blk_config *c)
{
	c->capacity = (__force __virtio64)cpu_to_le64(im->sectors);
	c->size_max = (__force __virtio32)cpu_to_le32(BLK_SIZE_MAX);
	c->seg_max = (__force __virtio32)cpu_to_le32(BLK_SEG_MAX);
	c->blk_size = (__force __virtio32)cpu_to_le32(im->block);
	c->physical_block_exp = ilog2(max(im->phys_block / im->block, 1U));
	c->min_io_size = (__force __virtio16)cpu_to_le16(max(im->phys_block / im->block, 1U));
}

static int blk_add(struct hostdom *h, struct blk *b)
{
	struct virtio_blk_config config = {};
	struct vdev_desc desc = {
		.ops = &blk_ops,
		.device_id = VIRTIO_ID_BLOCK,
		.nr_queues = 1,
		.max_size = BLK_QUEUE_SIZE,
		.features = BLK_FEATURES | (b->image.rdonly ? BIT_ULL(VIRTIO_BLK_F_RO) : 0),
		.config = &config,
		.config_len = sizeof(config),
	};

	blk_fill_config(&b->image, &config);
	return vdev_add(h, &b->v, &desc);
}

int blk_attach(struct hostdom *h, struct pvhv_dom_disk *arg, char *msg)
{
	struct blk *b;
	int err;

	if ((arg->flags & ~PVHV_DISK_RDONLY) || memchr_inv(arg->reserved, 0, sizeof(arg->reserved))) {
		snprintf(msg, PVHV_MSG_MAX,
			 "unknown flags or reserved fields: the tool is newer than the module");
		return -EINVAL;
	}
	b = blk_alloc();
	if (!b)
		return -ENOMEM;
	memcpy(b->serial, arg->serial, sizeof(b->serial));
	err = image_open(&b->image, arg->fd, arg->flags & PVHV_DISK_RDONLY, h->dom, msg);
	if (err)
		goto free;
	err = blk_add(h, b);
	if (err) {
		snprintf(msg, PVHV_MSG_MAX, "cannot add a device: error %d (at most %d per guest)", err,
			 PVHV_MAX_VDEVS);
		goto close;
	}
	arg->vdev = b->v.index;
	return 0;

close:
	image_close(&b->image);
free:
	blk_free(b);
	return err;
}
