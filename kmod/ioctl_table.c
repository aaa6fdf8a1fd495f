// SPDX-License-Identifier: GPL-2.0
/*
 * Dispatch of ioctls by table: permission, copy in, call, copy out.
 * Side: host.  Process context; no locks, so none is held over an access to user memory.
 */
#include <linux/capability.h>
#include <linux/ioctl.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ioctl_copy.h"
#include "ioctl_table.h"

/* Structs may grow: the size in a number does not tell one call from another. */
#define NUMBER(cmd)	((cmd) & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT))

static long call_struct(const struct ioctl_call *c, void *ctx, void __user *user)
{
	u32 size;
	void *arg;
	long ret;

	arg = kzalloc(c->size, GFP_KERNEL_ACCOUNT);
	if (!arg)
		return -ENOMEM;
	ret = ioctl_copy_in(arg, c->size, user, &size);
	if (ret)
		goto free;
	ret = c->fn(ctx, arg);
	if (_IOC_DIR(c->cmd) & _IOC_READ) {
		*(u32 *)arg = size;
		ret = ioctl_copy_out(user, size, arg, c->size) ?: ret;
	}
free:
	kfree(arg);
	return ret;
}

long ioctl_table_call(const struct ioctl_call *table, size_t n, void *ctx, unsigned int cmd,
		      unsigned long arg)
{
	const struct ioctl_call *c;

	for (c = table; c < table + n; c++)
		if (NUMBER(c->cmd) == NUMBER(cmd))
			break;
	if (c == table + n)
		return -ENOTTY;
	if (c->admin && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!c->size)
		return c->raw(ctx, arg);
	return call_struct(c, ctx, (void __user *)arg);
}
