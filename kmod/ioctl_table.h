/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables of ioctls: number, size of the argument, who may, and the function.
 * Side: host.
 */
#ifndef PVHV_IOCTL_TABLE_H
#define PVHV_IOCTL_TABLE_H

#include <linux/types.h>

struct ioctl_call {
	unsigned int	cmd;
	bool		admin;		/* needs CAP_SYS_ADMIN in the first user namespace */
	size_t		size;		/* of the argument struct; 0: see raw */
	/*
	 * arg: a private copy of the caller's struct, completed with zeros.  If the number says
	 * that the call answers (_IOC_READ), the copy goes back, also when the call failed:
	 * a message says why.  Returns 0 or more, or -errno.
	 */
	long		(*fn)(void *ctx, void *arg);
	/* size 0: the argument as the caller gave it, a value or a user pointer. */
	long		(*raw)(void *ctx, unsigned long arg);
};

/*
 * Finds cmd in table[n] and calls its function with ctx.  -ENOTTY: not there; -EPERM; errors
 * of ioctl_copy_in; -EFAULT; -ENOMEM.
 */
long ioctl_table_call(const struct ioctl_call *table, size_t n, void *ctx, unsigned int cmd,
		      unsigned long arg);

#endif /* PVHV_IOCTL_TABLE_H */
