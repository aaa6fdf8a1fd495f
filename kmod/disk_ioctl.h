/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control file's calls on disks, see <pvhv/ioctl_disk.h> and ioctl_table.h.
 * Side: host.
 */
#ifndef PVHV_DISK_IOCTL_H
#define PVHV_DISK_IOCTL_H

long disk_ioctl_attach(void *ctx, void *arg);
long disk_ioctl_detach(void *ctx, void *arg);
long disk_ioctl_resize(void *ctx, void *arg);
long disk_ioctl_limits(void *ctx, void *arg);
long disk_ioctl_info(void *ctx, void *arg);

#endif /* PVHV_DISK_IOCTL_H */
