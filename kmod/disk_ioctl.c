// SPDX-License-Identifier: GPL-2.0
/*
 * The control file's calls on disks (<pvhv/ioctl_disk.h>).
 * Side: host.  Context: system calls, on private copies of their arguments.
 */
#include <linux/mm.h>
#include <linux/string.h>

#include "disk_ioctl.h"
#include "hostdom.h"
#include "io/blk.h"

/* With its lock held, which disk_put drops; NULL: no such domain, or (*err) it has ended. */
static struct hostdom *disk_get(u32 domid, char *msg, long *err)
{
	struct hostdom *h = hostdom_find(domid);

	memset(msg, 0, PVHV_MSG_MAX);
	*err = -ENOENT;
	if (!h) {
		snprintf(msg, PVHV_MSG_MAX, "there is no domain %u: 'pvhv list' shows them", domid);
		return NULL;
	}
	mutex_lock(&h->lock);
	if (!h->stopped && READ_ONCE(h->dom->state) != PVHV_DOM_ST_ENDED)
		return h;
	mutex_unlock(&h->lock);
	hostdom_put(h);
	*err = -ESRCH;
	snprintf(msg, PVHV_MSG_MAX, "the guest has ended");
	return NULL;
}

static void disk_put(struct hostdom *h)
{
	mutex_unlock(&h->lock);
	hostdom_put(h);
}

long disk_ioctl_attach(void *ctx, void *arg)
{
	struct pvhv_disk_attach *a = arg;
	struct hostdom *h;
	long err;

	h = disk_get(a->domid, a->msg, &err);
	if (!h)
		return err;
	err = blk_attach(h, a, a->msg);
	disk_put(h);
	return err;
}

long disk_ioctl_detach(void *ctx, void *arg)
{
	struct pvhv_disk_detach *a = arg;
	struct hostdom *h;
	long err;

	if (a->flags)
		return -EINVAL;
	h = disk_get(a->domid, a->msg, &err);
	if (!h)
		return err;
	err = blk_detach(h, a->vdev, a->msg);
	disk_put(h);
	return err;
}

long disk_ioctl_resize(void *ctx, void *arg)
{
	struct pvhv_disk_resize *a = arg;
	struct hostdom *h;
	long err;

	if (a->reserved || (a->flags & ~PVHV_RESIZE_SHRINK))
		return -EINVAL;
	h = disk_get(a->domid, a->msg, &err);
	if (!h)
		return err;
	err = blk_resize(h, a, a->msg);
	disk_put(h);
	return err;
}

long disk_ioctl_limits(void *ctx, void *arg)
{
	struct pvhv_disk_limits *a = arg;
	struct hostdom *h;
	long err;

	if (memchr_inv(a->reserved, 0, sizeof(a->reserved)))
		return -EINVAL;
	h = disk_get(a->domid, a->msg, &err);
	if (!h)
		return err;
	err = blk_limits(h, a, a->msg);
	disk_put(h);
	return err;
}

long disk_ioctl_info(void *ctx, void *arg)
{
	struct pvhv_disk_info *a = arg;
	u32 domid = a->domid, vdev = a->vdev;
	char msg[PVHV_MSG_MAX];
	struct hostdom *h;
	long err;

	if (memchr_inv(a->reserved, 0, sizeof(a->reserved)))
		return -EINVAL;
	memset(a, 0, sizeof(*a));
	a->domid = domid;
	h = disk_get(domid, msg, &err);
	if (!h)
		return err;
	err = blk_info(h, vdev, a);
	disk_put(h);
	return err;
}
