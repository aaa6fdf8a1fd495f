// SPDX-License-Identifier: GPL-2.0
/*
 * Copies extensible ioctl arguments in and out.
 * Side: host.  Process context; no locks.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "ioctl_copy.h"

#define SIZE_MIN	(2 * sizeof(u32))	/* size, and one field */

int ioctl_copy_in(void *dst, size_t ksize, const void __user *arg, u32 *usize)
{
	u32 size;
	int err;

	if (get_user(size, (const u32 __user *)arg))
		return -EFAULT;
	if (size < SIZE_MIN)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(dst, ksize, arg, size);
	if (err)
		return err;
	/* another thread may have changed it since */
	*(u32 *)dst = size;
	*usize = size;
	return 0;
}

int ioctl_copy_out(void __user *arg, u32 usize, const void *src, size_t ksize)
{
	return copy_to_user(arg, src, min_t(size_t, usize, ksize)) ? -EFAULT : 0;
}
