/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control file's calls on domains, and the domain's own file.
 * Side: host.
 */
#ifndef PVHV_DOMAIN_IOCTL_H
#define PVHV_DOMAIN_IOCTL_H

#include <linux/types.h>

/* PVHV_IOC_DOM_*: 0 or a file descriptor, or -errno. */
long domain_ioctl_create(void __user *arg);
long domain_ioctl_info(void __user *arg);
long domain_ioctl_destroy(u32 id);
long domain_ioctl_console(u32 id);

#endif /* PVHV_DOMAIN_IOCTL_H */
