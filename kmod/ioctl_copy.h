/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Argument structs of ioctls that begin with their own size.
 * Side: host.
 */
#ifndef PVHV_IOCTL_COPY_H
#define PVHV_IOCTL_COPY_H

#include <linux/types.h>

/*
 * Fills dst (ksize bytes, beginning with __u32 size) from user space; *usize =
 * the caller's size.  A shorter struct is completed with zeros.  -EINVAL: too
 * short to be any; -E2BIG: longer than ours and not zero there; -EFAULT.
 */
int ioctl_copy_in(void *dst, size_t ksize, const void __user *arg, u32 *usize);
/* The answer: as much of it as the caller has room for. */
int ioctl_copy_out(void __user *arg, u32 usize, const void *src, size_t ksize);

#endif /* PVHV_IOCTL_COPY_H */
