/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is behind a guest's disk: an image file or a block device of the host.
 * Side: host.
 */
#ifndef PVHV_IO_IMAGE_H
#define PVHV_IO_IMAGE_H

#include <linux/atomic.h>
#include <linux/bvec.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include "io/image_range.h"

struct domain;

struct image {
	struct file	*file;
	struct domain	*owner;
	bool		rdonly;
	bool		direct;		/* requests bypass the host's page cache where they are aligned */
	u64		sectors;	/* of 512 bytes; an incomplete last one counts; image_resize writes */
	u32		block;		/* logical block size for the guest */
	u32		phys_block;
	void		*claim;		/* exclusive opening of a block device */
	struct workqueue_struct *wq;	/* requests that have to sleep */
	struct list_head link;		/* in the list of images in use */
};

enum image_op { IMAGE_READ, IMAGE_WRITE, IMAGE_FLUSH, IMAGE_DISCARD, IMAGE_ZERO };

/* One request.  The caller fills the first part; it and the pages stay until done(). */
struct image_io {
	enum image_op	op;
	u64		pos;		/* bytes */
	u32		len;		/* > 0 for READ and WRITE */
	u32		nr_vecs;
	struct bio_vec	*vec;
	u32		piece;		/* READ and WRITE: at most so many bytes at once, a multiple of the block; 0: all */
	u32		nr_ranges;
	struct image_range *range;
	const bool	*stop;		/* ranges: once it is set, what is left of them is given up */
	bool		sync;		/* WRITE, ZERO: done when it cannot get lost any more */
	void		(*done)(struct image_io *io, int err);	/* any context; -EIO, or -EOPNOTSUPP (DISCARD) */

	struct image	*im;
	struct kiocb	iocb;
	struct work_struct work;
	bool		sleeps;		/* this piece is read or written by the work queue, through the page cache */
	u32		moved;		/* by the pieces before */
	atomic_t	ref;		/* the submitter's and the completion's */
	long		result;
};

/*
 * Opens the image behind fd for domain d.  -EBADF; -EINVAL: neither regular
 * file nor block device, empty, or not opened for what is asked; -EROFS;
 * -EBUSY: in use.  msg (PVHV_MSG_MAX bytes) says it in words.
 */
int image_open(struct image *im, int fd, bool rdonly, struct domain *d, char *msg);
/* Can what is not used any more be given back? */
bool image_can_discard(const struct image *im);
/*
 * Another size: bytes = 0: that of the file or device as it is now.  -EINVAL: smaller
 * without shrink; bytes for a block device, or not a multiple of 512; errors of the file system: it is as it was.  With
 * shrink no request is under way.  Process context.
 */
int image_resize(struct image *im, u64 bytes, bool shrink, char *msg);
/* image_range.c: discards or fills with zeros.  0 or -errno.  Sleeps. */
int image_do_ranges(struct image_io *io);
/* NULL: a regular file. */
struct block_device *image_bdev(const struct image *im);
/* No request is under way. */
void image_close(struct image *im);

/* Starts a request, which ends in io->done: maybe before this returns.  Process context. */
void image_submit(struct image *im, struct image_io *io);

#endif /* PVHV_IO_IMAGE_H */
