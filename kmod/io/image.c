// SPDX-License-Identifier: GPL-2.0
/*
 * What is behind a guest's disk: an image file or a block device of the host.
 * Side: host.  Both are read and written as files: direct asynchronous I/O on
 * the guest's own pages, completed by the host's interrupt; what cannot go that
 * way (flush, unaligned requests, file systems without direct I/O) sleeps in a
 * work queue, which also goes on with a request that is served in pieces; it has a thread of its own when the host
 * has no memory for another.  images_lock guards the list of images in use.
 */
#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/uio.h>
#include <linux/version.h>

#include "domain.h"
#include "io/image.h"

#define IMAGE_MAX_WORKERS	16

static LIST_HEAD(images);
static DEFINE_MUTEX(images_lock);

/* --- requests --- */

/* The last sector of the image may lie partly behind the end of the file: reads as zeros. */
static void image_zero_tail(struct image_io *io, u32 from)
{
	u32 i, at = 0;

	for (i = 0; i < io->nr_vecs; i++) {
		struct bio_vec *v = &io->vec[i];
		u32 skip = from > at ? min(from - at, v->bv_len) : 0;

		memset(page_address(v->bv_page) + v->bv_offset + skip, 0, v->bv_len - skip);
		at += v->bv_len;
	}
}

/* Of a read or write, what is done at once: the next piece follows when this one is done. */
static u32 image_part(const struct image_io *io)
{
	u32 left = io->len - io->moved;

	return io->piece ? min(io->piece, left) : left;
}

static void image_iter(const struct image_io *io, struct iov_iter *it)
{
	iov_iter_bvec(it, io->op == IMAGE_WRITE ? WRITE : READ, io->vec, io->nr_vecs, io->len);
	iov_iter_advance(it, io->moved);
	iov_iter_truncate(it, image_part(io));
}

static void image_finish_rw(struct image_io *io, long result)
{
	u64 end = io->pos + io->len;

	if (result == image_part(io) && result < io->len - io->moved) {
		io->moved += result;
		io->sleeps = !io->im->direct;
		queue_work(io->im->wq, &io->work);
		return;
	}
	if (result >= 0)
		result += io->moved;
	if (io->op == IMAGE_READ && result >= 0 && result < io->len && io->len - result < 512 &&
	    end == io->im->sectors << 9) {
		image_zero_tail(io, result);
		result = io->len;
	}
	io->done(io, result == io->len ? 0 : -EIO);
}

static void image_finish(struct image_io *io, long result)
{
	if (io->op == IMAGE_FLUSH)
		io->done(io, result ? -EIO : 0);
	else if (io->nr_ranges)
		io->done(io, result && result != -EOPNOTSUPP ? -EIO : result);
	else
		image_finish_rw(io, result);
}

static ssize_t image_buffered(struct image_io *io)
{
	struct file *f = io->im->file;
	bool write = io->op == IMAGE_WRITE;
	struct iov_iter it;
	struct kiocb iocb;
	ssize_t n;

	image_iter(io, &it);
	init_sync_kiocb(&iocb, f);
	iocb.ki_flags = write ? IOCB_WRITE : 0;
	if (io->sync)
		iocb.ki_flags |= IOCB_DSYNC;
	iocb.ki_pos = io->pos + io->moved;
	do {
		n = write ? f->f_op->write_iter(&iocb, &it) : f->f_op->read_iter(&iocb, &it);
	} while (n > 0 && iov_iter_count(&it));
	return n < 0 ? n : image_part(io) - iov_iter_count(&it);
}

static void image_put(struct image_io *io)
{
	if (!atomic_dec_and_test(&io->ref))
		return;
	if (io->result == -EINVAL || io->result == -EOPNOTSUPP) {
		/* not aligned as the device needs it */
		io->sleeps = true;
		queue_work(io->im->wq, &io->work);
	} else {
		image_finish(io, io->result);
	}
}

static void image_complete(struct kiocb *iocb, long result)
{
	struct image_io *io = container_of(iocb, struct image_io, iocb);

	if (io->op == IMAGE_WRITE && S_ISREG(file_inode(iocb->ki_filp)->i_mode)) {
		/* taken by image_direct, maybe on another thread */
		__sb_writers_acquired(file_inode(iocb->ki_filp)->i_sb, SB_FREEZE_WRITE);
		file_end_write(iocb->ki_filp);
	}
	io->result = result;
	image_put(io);
}

/* The file system may look at the kiocb after the completion: hence the second reference. */
static void image_direct(struct image_io *io)
{
	struct file *f = io->im->file;
	bool write = io->op == IMAGE_WRITE;
	struct iov_iter it;
	ssize_t ret;

	atomic_set(&io->ref, 2);
	io->iocb = (struct kiocb) {
		.ki_filp = f,
		.ki_pos = io->pos + io->moved,
		.ki_complete = image_complete,
		.ki_flags = IOCB_DIRECT | (write ? IOCB_WRITE : 0),
	};
	if (io->sync)
		io->iocb.ki_flags |= IOCB_DSYNC;
	image_iter(io, &it);
	if (write) {
		file_start_write(f);
		if (S_ISREG(file_inode(f)->i_mode))
			__sb_writers_release(file_inode(f)->i_sb, SB_FREEZE_WRITE);
		ret = f->f_op->write_iter(&io->iocb, &it);
	} else {
		ret = f->f_op->read_iter(&io->iocb, &it);
	}
	if (ret != -EIOCBQUEUED)
		image_complete(&io->iocb, ret);
	image_put(io);
}

static void image_sleep(struct image_io *io)
{
	struct file *f = io->im->file;
	long result;

	switch (io->op) {
	case IMAGE_FLUSH:
		result = io->im->rdonly ? 0 : vfs_fsync(f, 1);
		break;
	case IMAGE_DISCARD:
	case IMAGE_ZERO:
		result = image_do_ranges(io);
		break;
	case IMAGE_WRITE:
		file_start_write(f);
		result = image_buffered(io);
		file_end_write(f);
		break;
	default:
		result = image_buffered(io);
	}
	image_finish(io, result);
}

static void image_work(struct work_struct *work)
{
	struct image_io *io = container_of(work, struct image_io, work);

	if (io->sleeps)
		image_sleep(io);
	else
		image_direct(io);
}

void image_submit(struct image *im, struct image_io *io)
{
	io->im = im;
	io->moved = 0;
	io->sleeps = io->op == IMAGE_FLUSH || io->nr_ranges || !im->direct;
	INIT_WORK(&io->work, image_work);
	if (io->sleeps)
		queue_work(im->wq, &io->work);
	else
		image_direct(io);
}

/* --- opening --- */

struct block_device *image_bdev(const struct image *im)
{
	struct inode *inode = im->file->f_mapping->host;

	return S_ISBLK(inode->i_mode) ? I_BDEV(inode) : NULL;
}

/* So that nobody mounts it meanwhile, and nothing mounted is overwritten. */
static int image_claim(struct image *im, struct block_device *bdev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	blk_mode_t mode = BLK_OPEN_READ | BLK_OPEN_WRITE;
	struct file *f = bdev_file_open_by_dev(bdev->bd_dev, mode, im, NULL);

	if (IS_ERR(f))
		return PTR_ERR(f);
	im->claim = f;
#else
	fmode_t mode = FMODE_READ | FMODE_WRITE | FMODE_EXCL;
	struct block_device *b = blkdev_get_by_dev(bdev->bd_dev, mode, im);

	if (IS_ERR(b))
		return PTR_ERR(b);
	im->claim = b;
#endif
	return 0;
}

static void image_say_claim(int err, char *msg)
{
	if (err == -EBUSY)
		strscpy(msg, "the host uses the block device: unmount it there (or swapoff, or take it out of its RAID or volume group)",
			PVHV_MSG_MAX);
	else
		snprintf(msg, PVHV_MSG_MAX, "the block device cannot be opened (error %d): see the kernel's log", err);
}

static void image_unclaim(struct image *im)
{
	if (!im->claim)
		return;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	fput(im->claim);
#else
	blkdev_put(im->claim, FMODE_READ | FMODE_WRITE | FMODE_EXCL);
#endif
	im->claim = NULL;
}

/* Readers may share an image; a writer has it alone. */
static int image_enlist(struct image *im, char *msg)
{
	struct image *o;

	mutex_lock(&images_lock);
	list_for_each_entry(o, &images, link) {
		if (o->file->f_mapping->host != im->file->f_mapping->host || (o->rdonly && im->rdonly))
			continue;
		snprintf(msg, PVHV_MSG_MAX, "the image is in use by domain %u (%s): stop it, or use a copy",
			 o->owner->id, o->owner->name);
		mutex_unlock(&images_lock);
		return -EBUSY;
	}
	list_add(&im->link, &images);
	mutex_unlock(&images_lock);
	return 0;
}

static void image_delist(struct image *im)
{
	mutex_lock(&images_lock);
	list_del(&im->link);
	mutex_unlock(&images_lock);
}

static int image_check_file(struct image *im, char *msg)
{
	struct file *f = im->file;
	umode_t mode = file_inode(f)->i_mode;

	if (!S_ISREG(mode) && !S_ISBLK(mode)) {
		snprintf(msg, PVHV_MSG_MAX, "a disk must be a regular file or a block device");
		return -EINVAL;
	}
	if (!(f->f_mode & FMODE_READ) || (!im->rdonly && !(f->f_mode & FMODE_WRITE))) {
		snprintf(msg, PVHV_MSG_MAX, "the image is not opened for %s",
			 im->rdonly ? "reading" : "reading and writing");
		return -EINVAL;
	}
	if (!f->f_op->read_iter || (!im->rdonly && !f->f_op->write_iter)) {
		snprintf(msg, PVHV_MSG_MAX,
			 "the image's file system cannot serve a disk: copy it to another");
		return -EINVAL;
	}
	if (!im->rdonly && IS_SWAPFILE(f->f_mapping->host)) {
		snprintf(msg, PVHV_MSG_MAX, "the image is a swap file in use: swapoff first");
		return -EBUSY;
	}
	return 0;
}

static int image_get_geometry(struct image *im, char *msg)
{
	struct block_device *bdev = image_bdev(im);

	im->sectors = DIV_ROUND_UP_ULL(i_size_read(im->file->f_mapping->host), 512);
	if (!im->sectors) {
		snprintf(msg, PVHV_MSG_MAX, "the image is empty: give it a size (truncate -s)");
		return -EINVAL;
	}
	im->block = 512;
	im->phys_block = 4096;
	im->direct = im->file->f_mode & FMODE_CAN_ODIRECT;
	if (bdev) {
		im->block = bdev_logical_block_size(bdev);
		im->phys_block = bdev_physical_block_size(bdev);
		if (!im->rdonly && bdev_read_only(bdev)) {
			snprintf(msg, PVHV_MSG_MAX, "the block device is read-only: attach it read-only");
			return -EROFS;
		}
	}
	return 0;
}

static int image_take(struct image *im, char *msg)
{
	struct block_device *bdev = image_bdev(im);
	int err;

	err = image_enlist(im, msg);
	if (err)
		return err;
	if (bdev && !im->rdonly) {
		err = image_claim(im, bdev);
		if (err) {
			image_say_claim(err, msg);
			goto delist;
		}
	}
	return 0;

delist:
	image_delist(im);
	return err;
}

int image_open(struct image *im, int fd, bool rdonly, struct domain *d, char *msg)
{
	int err;

	memset(im, 0, sizeof(*im));
	im->rdonly = rdonly;
	im->owner = d;
	im->file = fget(fd);
	if (!im->file) {
		snprintf(msg, PVHV_MSG_MAX, "no such file descriptor: %d", fd);
		return -EBADF;
	}
	err = image_check_file(im, msg);
	if (!err)
		err = image_get_geometry(im, msg);
	if (err)
		goto put_file;
	im->wq = alloc_workqueue("pvhv-image", WQ_UNBOUND | WQ_MEM_RECLAIM, IMAGE_MAX_WORKERS);
	err = -ENOMEM;
	if (!im->wq)
		goto put_file;
	err = image_take(im, msg);
	if (err)
		goto free_wq;
	return 0;

free_wq:
	destroy_workqueue(im->wq);
put_file:
	fput(im->file);
	return err;
}

void image_close(struct image *im)
{
	/* waits for workers that have called done() but not returned */
	destroy_workqueue(im->wq);
	image_unclaim(im);
	image_delist(im);
	fput(im->file);
}
