// SPDX-License-Identifier: GPL-2.0
/*
 * Disk images and block devices: opened past the host's page cache where the
 * file system can, and locked, so that no two guests write to one image.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "error.h"

/* O_EXCL on a block device: refused while it is mounted. */
static int open_flags(const struct pvhv_disk_config *disk, const struct stat *st)
{
	int flags = O_CLOEXEC | (disk->readonly ? O_RDONLY : O_RDWR);

	if (S_ISBLK(st->st_mode) && !disk->readonly)
		flags |= O_EXCL;
	return flags;
}

static int open_image(const struct pvhv_disk_config *disk, int flags)
{
	int fd = -1;

	if (!disk->host_cache)
		fd = open(disk->path, flags | O_DIRECT);
	/* tmpfs and others know no O_DIRECT: then through the page cache */
	if (fd < 0 && (disk->host_cache || errno == EINVAL))
		fd = open(disk->path, flags);
	return fd;
}

static int open_failed(const struct pvhv_disk_config *disk, int code, struct pvhv_error *err)
{
	switch (code) {
	case -EBUSY:
		return error_set(err, code, "disk %s is in use by the host (mounted?)",
				 disk->path);
	case -EACCES:
	case -EROFS:
	case -EPERM:
		if (!disk->readonly)
			return error_set(err, code,
					 "disk %s cannot be opened for writing: %s (or say 'readonly = yes')",
					 disk->path, strerror(-code));
		/* fall through */
	default:
		return error_set(err, code, "cannot open the disk %s: %s", disk->path,
				 strerror(-code));
	}
}

int disk_open(const struct pvhv_disk_config *disk, struct pvhv_error *err)
{
	struct stat st;
	int fd;

	/* Looked at first: opening a FIFO or terminal would wait or do harm. */
	if (stat(disk->path, &st) < 0)
		return open_failed(disk, -errno, err);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(err, -EINVAL,
				 "disk %s is neither a regular file nor a block device",
				 disk->path);
	fd = open_image(disk, open_flags(disk, &st));
	if (fd < 0)
		return open_failed(disk, -errno, err);

	if (flock(fd, (disk->readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0) {
		int code = -errno;

		close(fd);
		return error_set(err, code, "disk %s is in use by another guest", disk->path);
	}
	return fd;
}
