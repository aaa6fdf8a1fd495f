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

struct domain;

struct image {
	struct file	*file;
	struct domain	*owner;
	bool		rdonly;
	bool		direct;		/* requests bypass the host's page cache where they are aligned */
	u64		sectors;	/* of 512 bytes; an incomplete last one counts */
	u32		block;		/* logical block size for the guest */
	u32		phys_block;
	void		*claim;		/* exclusive opening of a block device */
	struct workqueue_struct *wq;	/* requests that have to sleep */
	struct list_head link;		/* in the list of images in use */
};

enum image_op { IMAGE_READ, IMAGE_WRITE, IMAGE_FLUSH };

/* One request.  The caller fills the first part; it and the pages stay until done(). */
struct image_io {
	enum image_op	op;
	u64		pos;		/* bytes */
	u32		len;		/* > 0 but for FLUSH */
	u32		nr_vecs;
	struct bio_vec	*vec;
	void		(*done)(struct image_io *io, int err);	/* any context */

	struct image	*im;
	struct kiocb	iocb;
	struct work_struct work;
	atomic_t	ref;		/* the submitter's and the completion's */
	long		result;
};

/*
 * Opens the image behind fd for domain d.  -EBADF; -EINVAL: neither regular
 * file nor block device, empty, or not opened for what is asked; -EROFS;
 * -EBUSY: in use.  msg (PVHV_MSG_MAX bytes) says it in words.
 */
int image_open(struct image *im, int fd, bool rdonly, struct domain *d, char *msg);
/* No request is under way. */
void image_close(struct image *im);

/* Starts a request, which ends in io->done: maybe before this returns.  Process context. */
void image_submit(struct image *im, struct image_io *io);

#endif /* PVHV_IO_IMAGE_H */
