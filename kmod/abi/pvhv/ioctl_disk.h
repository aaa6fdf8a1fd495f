/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/pvhv: calls of the control file on disks of domains, running or not.
 * Side: ABI (module and user space).  Rules of the structs: see ioctl.h.
 *
 * domid names the domain (-ENOENT: none), vdev a disk of it by its device number
 * (-ENXIO: no disk there).  -ESRCH: the domain has ended.  All but INFO need CAP_SYS_ADMIN.
 */
#ifndef PVHV_ABI_IOCTL_DISK_H
#define PVHV_ABI_IOCTL_DISK_H

#include <pvhv/ioctl.h>

/*
 * Attaches a disk, also to a guest that runs: it gets PVHV_PORT_BUS.
 * -EBADF, -EINVAL: fd is no regular file or block device, or is not opened for what is asked; unknown flags;
 * weight; a rate above PVHV_DISK_RATE_MAX; -EBUSY: the image is in use; -EROFS; -EOPNOTSUPP: it cannot discard; -ENOSPC: too many
 * devices; -ENOMEM.
 */
struct pvhv_disk_attach {
	__u32	size;
	__u32	domid;
	__s32	fd;		/* image file or block device; the module takes its own reference */
	__u32	flags;		/* PVHV_DISK_* */
	__u64	iops;		/* requests per second, 0 = no limit; at most PVHV_DISK_RATE_MAX */
	__u64	bandwidth;	/* bytes per second, the same */
	__u32	weight;		/* see struct pvhv_disk_limits; 0 = PVHV_DISK_WEIGHT */
	__u32	vdev;		/* out: device number */
	char	serial[20];
	__u32	reserved[3];
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_IOC_DISK_ATTACH	_IOWR('V', 0x38, struct pvhv_disk_attach)

/*
 * Takes a disk away.  The guest's driver has 5 s to let go; then, or when the caller is killed, the disk is
 * gone as if its cable were pulled.  Requests under way end first.  The number is free when the call returns.
 * -EALREADY: another call is at it.
 */
struct pvhv_disk_detach {
	__u32	size;
	__u32	domid;
	__u32	vdev;
	__u32	flags;		/* 0 */
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_IOC_DISK_DETACH	_IOWR('V', 0x39, struct pvhv_disk_detach)

/*
 * The guest sees a new size: that of the image as it is now (bytes = 0), or that which the image file is given
 * first.  To shrink it waits for the requests under way.  -EINVAL: smaller than it is, without PVHV_RESIZE_SHRINK; bytes for a
 * block device, or no multiple of its sectors; -EINTR: the caller was killed; errors of the file system.  An error has changed
 * nothing.
 */
struct pvhv_disk_resize {
	__u32	size;
	__u32	domid;
	__u32	vdev;
	__u32	flags;
	__u64	bytes;		/* in and out */
	__u64	reserved;
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_RESIZE_SHRINK	1
#define PVHV_IOC_DISK_RESIZE	_IOWR('V', 0x3a, struct pvhv_disk_resize)

/* -EINVAL: weight, or a rate above PVHV_DISK_RATE_MAX: nothing has changed. */
struct pvhv_disk_limits {
	__u32	size;
	__u32	domid;
	__u32	vdev;
	__u32	weight;		/* against other disks, of its thread and of what it may have under way: 1 to 1000, 0 = as it is */
	__u64	iops;		/* 0 = no limit */
	__u64	bandwidth;	/* bytes per second, 0 = no limit */
	__u64	reserved[2];
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_DISK_WEIGHT	100	/* the default */
#define PVHV_DISK_WEIGHT_MAX	1000
#define PVHV_DISK_RATE_MAX	(1ULL << 40)	/* requests or bytes per second */
#define PVHV_IOC_DISK_LIMITS	_IOWR('V', 0x3b, struct pvhv_disk_limits)

struct pvhv_disk_count {
	__u64	requests;	/* that ended well */
	__u64	bytes;
	__u64	errors;
};
#define PVHV_DISK_READ		0
#define PVHV_DISK_WRITE		1
#define PVHV_DISK_FLUSH		2
#define PVHV_DISK_DISCARDS	3	/* discards and writes of zeros */
#define PVHV_DISK_NR_COUNTS	4

/* The first disk with a number >= vdev.  -ENOENT: no such domain; -ENXIO: no more disks. */
struct pvhv_disk_info {
	__u32	size;
	__u32	domid;
	__u32	vdev;		/* in and out */
	__u32	flags;		/* PVHV_DISK_*, PVHV_DISK_LEAVING */
	__u64	bytes;
	__u64	iops, bandwidth;
	__u32	weight;
	__u32	nr_queues;
	__u32	in_flight;	/* requests */
	__u32	bytes_in_flight;
	__u64	throttled;	/* times that a limit made it wait */
	struct pvhv_disk_count count[PVHV_DISK_NR_COUNTS];
	char	serial[20];
	__u32	block_size;
	__u64	reserved[4];
	char	path[256];	/* as the host sees it; empty: too long */
};
#define PVHV_DISK_LEAVING	0x80000000	/* is being detached */
#define PVHV_IOC_DISK_INFO	_IOWR('V', 0x3c, struct pvhv_disk_info)

#endif /* PVHV_ABI_IOCTL_DISK_H */
