// SPDX-License-Identifier: GPL-2.0
/*
 * Disks: opening images and block devices, and the control file's calls.  Which other guest may use
 * an image, and whether requests bypass the page cache, is the module's business: it sees all guests, but no loop devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "error.h"
#include "loopdev.h"

static int open_failed(const struct pvhv_disk_config *disk, int code, struct pvhv_error *err)
{
	int denied = code == -EACCES || code == -EROFS || code == -EPERM;

	return error_set(err, code, "cannot open the disk %s%s: %s%s", disk->path,
			 disk->readonly ? "" : " for writing", strerror(-code),
			 denied && !disk->readonly ? " (or say 'readonly = yes')" : "");
}

int disk_open(const struct pvhv_disk_config *disk, struct pvhv_error *err)
{
	char loop[LOOPDEV_NAME];
	struct stat st;
	int fd;

	/* Looked at first: opening a FIFO or a terminal would wait or do harm. */
	if (stat(disk->path, &st) < 0)
		return open_failed(disk, -errno, err);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(err, -EINVAL,
				 "disk %s is neither a regular file nor a block device",
				 disk->path);
	if (S_ISREG(st.st_mode) && loopdev_find(&st, disk->readonly, loop))
		return error_set(err, -EBUSY,
				 "disk %s is behind this host's /dev/%s: 'losetup -d /dev/%s' (and unmount it), or say 'path = /dev/%s'",
				 disk->path, loop, loop, loop);
	fd = open(disk->path, O_CLOEXEC | (disk->readonly ? O_RDONLY : O_RDWR));
	return fd < 0 ? open_failed(disk, -errno, err) : fd;
}

int pvhv_disk_attach(int ctl, unsigned int domid, const struct pvhv_disk_config *disk,
		     struct pvhv_error *err)
{
	struct pvhv_disk_attach arg = {
		.size = sizeof(arg),
		.domid = domid,
		.flags = (disk->readonly ? PVHV_DISK_RDONLY : 0) |
			 (disk->discard ? PVHV_DISK_DISCARD : 0),
		.iops = disk->iops,
		.bandwidth = disk->bandwidth,
		.weight = disk->weight,
	};
	int ret;

	/* The field is full at 20 characters: no NUL needed then. */
	memcpy(arg.serial, disk->serial, strnlen(disk->serial, sizeof(arg.serial)));
	arg.fd = disk_open(disk, err);
	if (arg.fd < 0)
		return arg.fd;
	ret = ioctl(ctl, PVHV_IOC_DISK_ATTACH, &arg) ? -errno : 0;
	/* The module has its own reference. */
	close(arg.fd);
	if (!ret)
		return arg.vdev;
	return error_kernel(err, ret, arg.msg, "cannot attach %s", disk->path);
}

int pvhv_disk_detach(int ctl, unsigned int domid, unsigned int disk, struct pvhv_error *err)
{
	struct pvhv_disk_detach arg = { .size = sizeof(arg), .domid = domid, .vdev = disk };

	if (ioctl(ctl, PVHV_IOC_DISK_DETACH, &arg) == 0)
		return 0;
	return error_kernel(err, -errno, arg.msg, "cannot detach disk %u", disk);
}

int pvhv_disk_resize(int ctl, unsigned int domid, unsigned int disk, uint64_t *bytes,
		     unsigned int flags, struct pvhv_error *err)
{
	struct pvhv_disk_resize arg = {
		.size = sizeof(arg),
		.domid = domid,
		.vdev = disk,
		.flags = flags,
		.bytes = *bytes,
	};

	if (ioctl(ctl, PVHV_IOC_DISK_RESIZE, &arg))
		return error_kernel(err, -errno, arg.msg, "cannot resize disk %u", disk);
	*bytes = arg.bytes;
	return 0;
}

int pvhv_disk_limits(int ctl, unsigned int domid, unsigned int disk, uint64_t iops,
		     uint64_t bandwidth, unsigned int weight, struct pvhv_error *err)
{
	struct pvhv_disk_limits arg = {
		.size = sizeof(arg),
		.domid = domid,
		.vdev = disk,
		.weight = weight,
		.iops = iops,
		.bandwidth = bandwidth,
	};

	if (ioctl(ctl, PVHV_IOC_DISK_LIMITS, &arg) == 0)
		return 0;
	return error_kernel(err, -errno, arg.msg, "cannot limit disk %u", disk);
}

int pvhv_disk_next(int ctl, unsigned int domid, unsigned int disk, struct pvhv_disk_info *info,
		   struct pvhv_error *err)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->domid = domid;
	info->vdev = disk;
	if (ioctl(ctl, PVHV_IOC_DISK_INFO, info) == 0)
		return 1;
	if (errno == ENXIO)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot list the disks of guest %u", domid);
}
