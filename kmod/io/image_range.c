// SPDX-License-Identifier: GPL-2.0
/*
 * Parts of an image that the guest discards or fills with zeros; its size.
 * Side: host.  Process context: work queue of the image, control ioctls.
 */
#include <linux/blkdev.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>

#include <pvhv/ioctl.h>
#include "io/image.h"

#define RANGE_PIECE	(1U << 16)	/* sectors: what is done before io->stop is looked at */

bool image_can_discard(const struct image *im)
{
	struct block_device *bdev = image_bdev(im);

	return bdev ? bdev_max_discard_sectors(bdev) : !!im->file->f_op->fallocate;
}

/* Of a block device: what the host's page cache has of it goes, too. */
static int range_discard_bdev(struct file *f, struct block_device *bdev, const struct image_range *r)
{
	u64 pos = r->sector << 9, end = pos + ((u64)r->nr << 9) - 1;

	invalidate_inode_pages2_range(f->f_mapping, pos >> PAGE_SHIFT, end >> PAGE_SHIFT);
	return blkdev_issue_discard(bdev, r->sector, r->nr, GFP_KERNEL);
}

/* The last sector may lie partly behind the end of the file. */
static int range_fallocate(struct file *f, const struct image_range *r, int mode)
{
	u64 pos = r->sector << 9, size = i_size_read(f->f_mapping->host);
	u64 len = (u64)r->nr << 9;

	if (pos >= size)
		return 0;
	return vfs_fallocate(f, mode | FALLOC_FL_KEEP_SIZE, pos, min(len, size - pos));
}

static int range_write_zeros(struct image_io *io, const struct image_range *r)
{
	loff_t pos = r->sector << 9, end = pos + ((loff_t)r->nr << 9);
	void *zeros = page_address(ZERO_PAGE(0));
	ssize_t n;

	while (pos < end) {
		if (READ_ONCE(*io->stop))
			return -ECANCELED;
		n = kernel_write(io->im->file, zeros, min_t(loff_t, end - pos, PAGE_SIZE), &pos);
		if (n <= 0)
			return n ? n : -EIO;
		cond_resched();
	}
	return 0;
}

/* The cheapest way that file system or device knows. */
static int range_zero(struct image_io *io, const struct image_range *r)
{
	struct file *f = io->im->file;
	int err = -EOPNOTSUPP;

	if (r->unmap)
		err = range_fallocate(f, r, FALLOC_FL_PUNCH_HOLE);
	if (err == -EOPNOTSUPP)
		err = range_fallocate(f, r, FALLOC_FL_ZERO_RANGE);
	if (err == -EOPNOTSUPP)
		err = range_write_zeros(io, r);
	return err;
}

static int range_do(struct image_io *io, const struct image_range *r)
{
	struct block_device *bdev = image_bdev(io->im);

	if (io->op == IMAGE_ZERO)
		return range_zero(io, r);
	if (bdev)
		return range_discard_bdev(io->im->file, bdev, r);
	return range_fallocate(io->im->file, r, FALLOC_FL_PUNCH_HOLE);
}

/* In pieces that end at multiples of their size, so that what the device discards at once is not cut. */
static int range_do_pieces(struct image_io *io, struct image_range r)
{
	u32 left = r.nr;
	int err = 0;

	for (; left && !err; left -= r.nr, r.sector += r.nr) {
		if (READ_ONCE(*io->stop))
			return -ECANCELED;
		r.nr = min_t(u32, left, RANGE_PIECE - (r.sector & (RANGE_PIECE - 1)));
		err = range_do(io, &r);
	}
	return err;
}

int image_do_ranges(struct image_io *io)
{
	int err = 0;
	u32 i;

	for (i = 0; i < io->nr_ranges && !err; i++)
		err = range_do_pieces(io, io->range[i]);
	return err ? : io->sync ? vfs_fsync(io->im->file, 1) : 0;
}

/* --- size --- */

static int resize_file(struct image *im, u64 bytes, char *msg)
{
	int err;

	if (image_bdev(im)) {
		snprintf(msg, PVHV_MSG_MAX,
			 "the disk is a block device: resize that, then the guest's disk without a size");
		return -EINVAL;
	}
	if (bytes & 511 || bytes >> 62) {
		snprintf(msg, PVHV_MSG_MAX, "the size must be a multiple of 512 bytes");
		return -EINVAL;
	}
	if (im->rdonly) {
		snprintf(msg, PVHV_MSG_MAX, "the disk is read-only");
		return -EROFS;
	}
	err = vfs_truncate(&im->file->f_path, bytes);
	if (err)
		snprintf(msg, PVHV_MSG_MAX, "the image file cannot be resized: error %d", -err);
	return err;
}

int image_resize(struct image *im, u64 bytes, bool shrink, char *msg)
{
	u64 now = bytes ? bytes >> 9 : DIV_ROUND_UP_ULL(i_size_read(im->file->f_mapping->host), 512);
	int err;

	if (!now) {
		snprintf(msg, PVHV_MSG_MAX, "the image is empty: give it a size (truncate -s)");
		return -EINVAL;
	}
	if (now < im->sectors && !shrink) {
		snprintf(msg, PVHV_MSG_MAX,
			 "that is smaller than the disk is (%llu bytes) and would cut off what lies there: shrink the guest's file system first, then ask for it (--shrink)",
			 im->sectors << 9);
		return -EINVAL;
	}
	/* the guest must not reach what is not there yet */
	err = bytes ? resize_file(im, bytes, msg) : 0;
	if (!err)
		WRITE_ONCE(im->sectors, now);
	return err;
}
