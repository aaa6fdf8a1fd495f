/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control file's calls of ioctl_mem.h, for its table.
 * Side: host.
 */
#ifndef PVHV_MEM_IOCTL_H
#define PVHV_MEM_IOCTL_H

long mem_ioctl_set(void *ctx, void *arg);
long mem_ioctl_info(void *ctx, void *arg);
long mem_ioctl_host(void *ctx, void *arg);
long mem_ioctl_vcpu(void *ctx, void *arg);
long mem_ioctl_vdev(void *ctx, void *arg);

#endif /* PVHV_MEM_IOCTL_H */
