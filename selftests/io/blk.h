/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest that asks a disk, and what must hold of a request that kmod/io/blk_parse.c lets through.
 * Side: user space.
 */
#ifndef TEST_BLK_H
#define TEST_BLK_H

#include <uapi/linux/virtio_blk.h>
#include "io/blk_parse.h"
#include "mem.h"

#define GUEST_SIZE	1024

struct guest {
	u8 mem[GUEST_SIZE];
	struct vring_chain chain;
	struct image_range range[IMAGE_MAX_RANGES + 1];	/* the last one stays as it is */
	struct blk_cmd cmd;
};

static int guest_read(void *ctx, u64 addr, void *dst, u32 len)
{
	struct guest *g = ctx;

	return mem_read(g->mem, sizeof(g->mem), addr, dst, len);
}

static int guest_parse(struct guest *g, const struct blk_view *disk)
{
	struct vring_mem mem = { .read = guest_read, .ctx = g };

	memset(&g->cmd, 0xa5, sizeof(g->cmd));
	memset(g->range, 0xa5, sizeof(g->range));
	return blk_parse(&g->cmd, g->range, disk, &mem, &g->chain);
}

static u64 seg_bytes(const struct vring_seg *s, u32 nr)
{
	u64 sum = 0;

	while (nr--)
		sum += s++->len;
	return sum;
}

/* Each part of a page that the data touch, counted one by one. */
static u64 seg_parts(const struct blk_segs *s)
{
	u64 parts = 0;
	u32 i;

	for (i = 0; i < s->nr; i++) {
		u64 first = s->seg[i].addr / BLK_PAGE, last = (s->seg[i].addr + s->seg[i].len - 1) / BLK_PAGE;

		parts += last - first + 1;
	}
	return parts;
}

/* Is it a data segment of was, or what is left of it? */
static bool seg_within(const struct vring_seg *s, const struct vring_seg *was, u32 nr)
{
	for (; nr--; was++)
		if (s->addr >= was->addr && s->addr + s->len <= was->addr + was->len)
			return s->len > 0;
	return false;
}

static const char *rw_error(const struct guest *g, const struct blk_view *disk, const struct vring_chain *was)
{
	const struct blk_cmd *c = &g->cmd;
	bool in = c->type == VIRTIO_BLK_T_IN;
	u32 i;

	if (!in && disk->rdonly)
		return "a write to a disk that is read-only";
	if (!c->len || c->len % 512 || c->len > BLK_MAX_LEN)
		return "length";
	if (c->sector > disk->sectors || c->len / 512 > disk->sectors - c->sector)
		return "beyond the end";
	if (seg_bytes(c->data.seg, c->data.nr) != c->len)
		return "length is not that of its data";
	if (c->parts > BLK_MAX_VECS || seg_parts(&c->data) != c->parts)
		return "number of parts";
	if (c->len + (in ? 1 : sizeof(struct virtio_blk_outhdr)) !=
	    seg_bytes(was->seg + (in ? was->nr_out : 0), in ? was->nr_in : was->nr_out))
		return "not all of the buffers but the header, or the status";
	for (i = 0; i < c->data.nr; i++)
		if (!seg_within(&c->data.seg[i], was->seg + (in ? was->nr_out : 0), in ? was->nr_in : was->nr_out))
			return "data in a buffer that is not for that";
	return NULL;
}

static const char *ranges_error(const struct guest *g, const struct blk_view *disk)
{
	const struct blk_cmd *c = &g->cmd;
	bool zero = c->type == VIRTIO_BLK_T_WRITE_ZEROES;
	u32 feature = zero ? VIRTIO_BLK_F_WRITE_ZEROES : VIRTIO_BLK_F_DISCARD;
	u64 sum = 0;
	u32 i;

	if (disk->rdonly || !(disk->features & 1ULL << feature))
		return "ranges of a disk that takes none";
	if (!c->nr_ranges || c->nr_ranges > IMAGE_MAX_RANGES)
		return "number of ranges";
	for (i = 0; i < c->nr_ranges; i++) {
		const struct image_range *r = &g->range[i];

		sum += r->nr;
		if (!r->nr || r->sector > disk->sectors || r->nr > disk->sectors - r->sector)
			return "a range beyond the end";
		if (r->sector * 512 % disk->block || r->nr * 512ULL % disk->block)
			return "a range that is not of whole blocks";
		if (r->nr > (zero ? BLK_ZERO_SECTORS : BLK_DISCARD_SECTORS))
			return "a range that is too long";
		if (r->unmap && !(zero && disk->discards))
			return "a hole that nobody may make";
	}
	if (sum != c->sectors || c->len != (zero ? sum * 512 : 0))
		return "sum of the ranges";
	return NULL;
}

/* NULL, or what is wrong with the answer to a chain that was like that. */
static const char *cmd_error(const struct guest *g, const struct blk_view *disk, const struct vring_chain *was, int ret)
{
	const struct vring_seg *last = &was->seg[was->nr_out + was->nr_in - 1];
	static const u8 untouched[sizeof(struct image_range)] = { [0 ... sizeof(struct image_range) - 1] = 0xa5 };

	if (memcmp(&g->range[IMAGE_MAX_RANGES], untouched, sizeof(untouched)))
		return "more ranges than there is room for";
	if (!was->nr_in)
		return ret == -EINVAL ? NULL : "no place for the status";
	if (g->cmd.status != last->addr + last->len - 1)
		return "address of the status";
	if (ret == VIRTIO_BLK_S_IOERR || ret == VIRTIO_BLK_S_UNSUPP)
		return NULL;
	if (ret != VIRTIO_BLK_S_OK)
		return "no status at all";
	switch (g->cmd.type) {
	case VIRTIO_BLK_T_IN:
	case VIRTIO_BLK_T_OUT:
		return rw_error(g, disk, was);
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return ranges_error(g, disk);
	case VIRTIO_BLK_T_FLUSH:
		return NULL;
	case VIRTIO_BLK_T_GET_ID:
		return seg_bytes(g->cmd.data.seg, g->cmd.data.nr) + 1 == seg_bytes(was->seg + was->nr_out, was->nr_in) ?
			NULL : "room for the serial number";
	}
	return "a type that nobody knows";
}

#endif
