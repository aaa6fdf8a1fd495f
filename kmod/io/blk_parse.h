/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What does a virtio-blk request (virtio 1.x, 5.2.6) ask for, and may it?
 * Side: host.  Free of the kernel, as the ring walker is: unit tests and fuzzers compile it too.
 */
#ifndef PVHV_IO_BLK_PARSE_H
#define PVHV_IO_BLK_PARSE_H

#include <linux/types.h>
#include "io/image_range.h"
#include "io/vring.h"

#define BLK_PAGE		4096
#define BLK_SEG_MAX		(VRING_MAX_CHAIN - 2)	/* beside header and status */
#define BLK_SIZE_MAX		16384
#define BLK_MAX_LEN		(BLK_SEG_MAX * BLK_SIZE_MAX)
/* Parts of pages in a request: each segment may begin and end within one */
#define BLK_MAX_VECS		(BLK_SEG_MAX * (BLK_SIZE_MAX / BLK_PAGE + 1))
#define BLK_DISCARD_SECTORS	(1U << 21)	/* of one range */
#define BLK_ZERO_SECTORS	(1U << 15)

/* What of a disk decides. */
struct blk_view {
	u64	sectors;	/* of 512 bytes */
	u64	features;	/* bits of virtio that the driver has accepted */
	u32	block;		/* size of its blocks, in bytes: a power of two, 512 or more */
	bool	rdonly;
	bool	discards;	/* zeros may leave holes in the image */
};

/* The buffers of a request, consumed from the front. */
struct blk_segs {
	struct vring_seg *seg;
	u32	nr;
};

#define BLK_NO_TYPE		(~0U)	/* its header cannot be read */

struct blk_cmd {
	u32	type;		/* VIRTIO_BLK_T_* or BLK_NO_TYPE; right also of a request that is refused */
	u64	status;		/* guest-physical address of the byte for the answer */
	/* of one that is to be done: */
	u64	sector;		/* IN, OUT: the first one */
	struct blk_segs data;	/* IN, OUT, GET_ID: in the chain that was parsed */
	u32	len;		/* IN, OUT: bytes of the data; WRITE_ZEROES: of the ranges */
	u32	parts;		/* IN, OUT: of pages that the data touch, at most BLK_MAX_VECS */
	u32	nr_ranges;	/* DISCARD, WRITE_ZEROES */
	u64	sectors;	/* in all ranges */
};

/*
 * c is the request's private copy, and is consumed; mem reads the guest's memory, each byte once; range has room for
 * IMAGE_MAX_RANGES.  VIRTIO_BLK_S_OK: to be done; _IOERR, _UNSUPP: to be answered like that.
 * -EINVAL: nowhere to answer to.
 */
int blk_parse(struct blk_cmd *cmd, struct image_range *range, const struct blk_view *disk,
	      const struct vring_mem *mem, struct vring_chain *c);

#endif /* PVHV_IO_BLK_PARSE_H */
