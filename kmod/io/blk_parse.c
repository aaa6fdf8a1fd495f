// SPDX-License-Identifier: GPL-2.0
/*
 * Takes virtio-blk requests apart: see blk_parse.h.  Little endian, as we are.
 * Side: host.
 */
#include <linux/errno.h>
#include <uapi/linux/virtio_blk.h>
#include "io/blk_parse.h"

/* One request on its way through this file. */
struct blk_parser {
	struct blk_cmd	*cmd;
	const struct blk_view *disk;
	const struct vring_mem *mem;
	struct image_range *range;
	struct blk_segs	out, in;	/* what the device reads, and what it writes but for the status */
};

/* The first len bytes of what the device reads, however they are cut. */
static bool blk_pull(struct blk_parser *p, void *dst, u32 len)
{
	struct blk_segs *s = &p->out;

	while (len) {
		u32 n;

		if (!s->nr)
			return false;
		n = len < s->seg->len ? len : s->seg->len;
		if (p->mem->read(p->mem->ctx, s->seg->addr, dst, n))
			return false;
		dst += n;
		len -= n;
		s->seg->addr += n;
		s->seg->len -= n;
		if (!s->seg->len) {
			s->seg++;
			s->nr--;
		}
	}
	return true;
}

/* The last byte of what the device writes is the status. */
static bool blk_take_status(struct blk_parser *p)
{
	struct vring_seg *last;

	if (!p->in.nr)
		return false;
	last = &p->in.seg[p->in.nr - 1];
	p->cmd->status = last->addr + last->len - 1;
	if (!--last->len)
		p->in.nr--;
	return true;
}

/* Length of the data; returns the number of parts, one per page that a segment touches. */
static u64 blk_count_parts(const struct blk_segs *s, u64 *len)
{
	u64 parts = 0;
	u32 i;

	*len = 0;
	for (i = 0; i < s->nr; i++) {
		*len += s->seg[i].len;
		parts += (s->seg[i].addr % BLK_PAGE + s->seg[i].len + BLK_PAGE - 1) / BLK_PAGE;
	}
	return parts;
}

static int blk_parse_rw(struct blk_parser *p, u64 sector, const struct blk_segs *data)
{
	u64 len, parts = blk_count_parts(data, &len), sectors = p->disk->sectors;

	if (!len || (len & 511) || len > BLK_MAX_LEN || parts > BLK_MAX_VECS ||
	    sector > sectors || len >> 9 > sectors - sector)
		return VIRTIO_BLK_S_IOERR;
	p->cmd->sector = sector;
	p->cmd->data = *data;
	p->cmd->len = len;
	p->cmd->parts = parts;
	return VIRTIO_BLK_S_OK;
}

/* One of the ranges to discard or to fill with zeros. */
static int blk_parse_range(struct blk_parser *p, const struct virtio_blk_discard_write_zeroes *in)
{
	u64 sector = (__force u64)in->sector, sectors = p->disk->sectors;
	u32 nr = (__force u32)in->num_sectors, flags = (__force u32)in->flags;
	bool zero = p->cmd->type == VIRTIO_BLK_T_WRITE_ZEROES;
	u32 mask = (p->disk->block >> 9) - 1;

	if (flags & ~(zero ? VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0))
		return VIRTIO_BLK_S_UNSUPP;
	if (!nr || nr > (zero ? BLK_ZERO_SECTORS : BLK_DISCARD_SECTORS) || ((sector | nr) & mask) ||
	    sector > sectors || nr > sectors - sector)
		return VIRTIO_BLK_S_IOERR;
	p->range[p->cmd->nr_ranges++] = (struct image_range){
		.sector = sector,
		.nr = nr,
		.unmap = flags && p->disk->discards,
	};
	p->cmd->sectors += nr;
	if (zero)
		p->cmd->len += nr << 9;
	return VIRTIO_BLK_S_OK;
}

static int blk_parse_ranges(struct blk_parser *p, u32 feature)
{
	struct virtio_blk_discard_write_zeroes in;
	int status;

	if (!(p->disk->features >> feature & 1))
		return VIRTIO_BLK_S_UNSUPP;
	if (p->in.nr || !p->out.nr || p->disk->rdonly)
		return VIRTIO_BLK_S_IOERR;
	while (p->out.nr) {
		if (p->cmd->nr_ranges == IMAGE_MAX_RANGES || !blk_pull(p, &in, sizeof(in)))
			return VIRTIO_BLK_S_IOERR;
		status = blk_parse_range(p, &in);
		if (status != VIRTIO_BLK_S_OK)
			return status;
	}
	return VIRTIO_BLK_S_OK;
}

int blk_parse(struct blk_cmd *cmd, struct image_range *range, const struct blk_view *disk,
	      const struct vring_mem *mem, struct vring_chain *c)
{
	struct blk_parser p = {
		.cmd = cmd,
		.disk = disk,
		.mem = mem,
		.range = range,
		.out = { c->seg, c->nr_out },
		.in = { c->seg + c->nr_out, c->nr_in },
	};
	struct virtio_blk_outhdr hdr;
	u64 sector;

	*cmd = (struct blk_cmd){ .type = BLK_NO_TYPE };
	if (!blk_take_status(&p))
		return -EINVAL;
	if (!blk_pull(&p, &hdr, sizeof(hdr)))
		return VIRTIO_BLK_S_IOERR;
	sector = (__force u64)hdr.sector;
	cmd->type = (__force u32)hdr.type;
	switch (cmd->type) {
	case VIRTIO_BLK_T_IN:
		return p.out.nr ? VIRTIO_BLK_S_IOERR : blk_parse_rw(&p, sector, &p.in);
	case VIRTIO_BLK_T_OUT:
		if (p.in.nr || disk->rdonly)
			return VIRTIO_BLK_S_IOERR;
		return blk_parse_rw(&p, sector, &p.out);
	case VIRTIO_BLK_T_FLUSH:
		return VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_DISCARD:
		return blk_parse_ranges(&p, VIRTIO_BLK_F_DISCARD);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return blk_parse_ranges(&p, VIRTIO_BLK_F_WRITE_ZEROES);
	case VIRTIO_BLK_T_GET_ID:
		cmd->data = p.in;
		return VIRTIO_BLK_S_OK;
	}
	return VIRTIO_BLK_S_UNSUPP;
}
