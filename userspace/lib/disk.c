// SPDX-License-Identifier: GPL-2.0
/*
 * Opens disk images and block devices.  Who else may use them, and whether
 * requests bypass the page cache, is the module's business: it sees all guests.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "error.h"

static int open_failed(const struct pvhv_disk_config *disk, int code, struct pvhv_error *err)
{
	int denied = code == -EACCES || code == -EROFS || code == -EPERM;

	return error_set(err, code, "cannot open the disk %s%s: %s%s", disk->path,
			 disk->readonly ? "" : " for writing", strerror(-code),
			 denied && !disk->readonly ? " (or say 'readonly = yes')" : "");
}

int disk_open(const struct pvhv_disk_config *disk, struct pvhv_error *err)
{
	struct stat st;
	int fd;

	/* Looked at first: opening a FIFO or a terminal would wait or do harm. */
	if (stat(disk->path, &st) < 0)
		return open_failed(disk, -errno, err);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(err, -EINVAL,
				 "disk %s is neither a regular file nor a block device",
				 disk->path);
	fd = open(disk->path, O_CLOEXEC | (disk->readonly ? O_RDONLY : O_RDWR));
	return fd < 0 ? open_failed(disk, -errno, err) : fd;
}
