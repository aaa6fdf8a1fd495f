/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Disks of a domain.
 * Side: host.  Callers hold hostdom.lock.  Errors and fields as in
 * <pvhv/ioctl_disk.h>; msg (PVHV_MSG_MAX bytes) says them in words.
 */
#ifndef PVHV_IO_BLK_H
#define PVHV_IO_BLK_H

#include <pvhv/ioctl_disk.h>

struct hostdom;

/* The domain has not ended; arg->vdev is the disk's number. */
int blk_attach(struct hostdom *h, struct pvhv_disk_attach *arg, char *msg);
/* The lock is dropped while the guest's driver lets go. */
int blk_detach(struct hostdom *h, u32 vdev, char *msg);
int blk_resize(struct hostdom *h, struct pvhv_disk_resize *arg, char *msg);
int blk_limits(struct hostdom *h, const struct pvhv_disk_limits *arg, char *msg);
/* The first disk from vdev on: fills *out, which is zeroed. */
int blk_info(struct hostdom *h, u32 vdev, struct pvhv_disk_info *out);

#endif /* PVHV_IO_BLK_H */
