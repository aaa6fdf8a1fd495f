/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control file's calls on domains, and the domain's own file.
 * Side: host.
 */
#ifndef PVHV_DOMAIN_IOCTL_H
#define PVHV_DOMAIN_IOCTL_H

#include <linux/types.h>

struct hostdom;

/* The domain that a __u32 of the caller names, with a reference; NULL: *err says why (-EFAULT, -ENOENT). */
struct hostdom *domain_by_user_id(unsigned long user, long *err);

/* PVHV_IOC_DOM_*, as rows of an ioctl table: 0 or a file descriptor, or -errno. */
long domain_ioctl_create(void *ctx, unsigned long user);
long domain_ioctl_info(void *ctx, void *arg);
long domain_ioctl_destroy(void *ctx, unsigned long user);
long domain_ioctl_console(void *ctx, unsigned long user);

#endif /* PVHV_DOMAIN_IOCTL_H */
