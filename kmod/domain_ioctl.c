// SPDX-License-Identifier: GPL-2.0
/*
 * The control file's calls on domains, and the domain's own file.
 * Side: host.  Context: system calls.  Locks: none is held over an access to user memory.
 *
 * A domain's file is for the process that made it: another address space
 * (passed descriptor, fork) is refused, -EIO. A descriptor becomes public
 * after all else has succeeded.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "domain_ioctl.h"
#include "hostdom.h"
#include "io/blk.h"
#include "io/rng.h"
#include "io/vnet.h"
#include "ioctl_copy.h"
#include "ioctl_table.h"
#include <pvhv/ioctl_net.h>

#define P2M_BATCH	(PAGE_SIZE / sizeof(u64))

/* --- the domain's file --- */

/* The next piece of a copy into guest memory goes to this address; -EBUSY: it is running by now. */
static int domain_write_piece(struct hostdom *h, u64 gpa, const void *data, size_t len)
{
	struct domain *d = h->dom;
	u64 mfn = domain_p2m(d, GFN(gpa >> PAGE_SHIFT));
	int err = -EBUSY;

	mutex_lock(&h->lock);
	if (!h->stopped && d->state == PVHV_DOM_ST_BUILDING) {
		memcpy(mfn_va(MFN(mfn)) + offset_in_page(gpa), data, len);
		err = 0;
	}
	mutex_unlock(&h->lock);
	return err;
}

static long domain_write_pages(struct hostdom *h, const struct pvhv_dom_write *w, void *bounce)
{
	u64 done, n;
	int err;

	for (done = 0; done < w->len; done += n) {
		u64 gpa = w->gpa + done;

		n = min_t(u64, w->len - done, PAGE_SIZE - offset_in_page(gpa));
		if (fatal_signal_pending(current))
			return -EINTR;
		if (copy_from_user(bounce, u64_to_user_ptr(w->buf + done), n))
			return -EFAULT;
		err = domain_write_piece(h, gpa, bounce, n);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

static long domain_write_memory(void *ctx, void *arg)
{
	struct hostdom *h = ctx;
	u64 end = h->dom->nr_pages << PAGE_SHIFT;
	struct pvhv_dom_write *w = arg;
	void *bounce;
	long err;

	if (w->reserved)
		return -EINVAL;
	if (w->gpa > end || w->len > end - w->gpa)
		return -ERANGE;
	if (READ_ONCE(h->dom->state) != PVHV_DOM_ST_BUILDING)
		return -EBUSY;
	bounce = (void *)__get_free_page(GFP_KERNEL);
	if (!bounce)
		return -ENOMEM;
	err = domain_write_pages(h, w, bounce);
	free_page((unsigned long)bounce);
	return err;
}

static long domain_read_p2m(void *ctx, void *arg)
{
	struct hostdom *h = ctx;
	struct domain *d = h->dom;
	struct pvhv_dom_p2m *p = arg;
	u64 i, n, gfn;

	if (p->reserved)
		return -EINVAL;
	if (p->gfn > d->max_pages || p->count > d->max_pages - p->gfn)
		return -ERANGE;
	for (i = 0; i < p->count; i += n) {
		gfn = p->gfn + i;
		/* One page of the P2M at a time; it lives as long as this file. */
		n = min(p->count - i, P2M_BATCH - gfn % P2M_BATCH);
		if (fatal_signal_pending(current))
			return -EINTR;
		if (copy_to_user(u64_to_user_ptr(p->buf + i * sizeof(u64)),
				 &d->p2m[gfn / P2M_BATCH][gfn % P2M_BATCH], n * sizeof(u64)))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

/* Devices are attached to a domain that is being built. */
static bool domain_building_locked(const struct hostdom *h)
{
	return !h->stopped && h->dom->state == PVHV_DOM_ST_BUILDING;
}

static long domain_attach_disk(void *ctx, void *arg)
{
	struct hostdom *h = ctx;
	struct pvhv_dom_disk *disk = arg;
	struct pvhv_disk_attach attach = { .fd = disk->fd, .flags = disk->flags };
	long err = -EBUSY;

	memset(disk->msg, 0, sizeof(disk->msg));
	if (memchr_inv(disk->reserved, 0, sizeof(disk->reserved)))
		return -EINVAL;
	memcpy(attach.serial, disk->serial, sizeof(attach.serial));
	mutex_lock(&h->lock);
	if (domain_building_locked(h))
		err = blk_attach(h, &attach, disk->msg);
	else
		strscpy(disk->msg, "the guest runs or has ended: a running one takes disks by 'pvhv disk attach'", PVHV_MSG_MAX);
	mutex_unlock(&h->lock);
	disk->vdev = attach.vdev;
	return err;
}

static long domain_attach_net(void *ctx, void *arg)
{
	struct hostdom *h = ctx;
	struct pvhv_dom_net *net = arg;
	long err = -EBUSY;

	memset(net->msg, 0, sizeof(net->msg));
	memset(net->ifname, 0, sizeof(net->ifname));
	mutex_lock(&h->lock);
	if (domain_building_locked(h))
		err = vnet_attach(h, net, net->msg);
	else
		strscpy(net->msg, "the guest runs or has ended: attach its interfaces before the start", PVHV_MSG_MAX);
	mutex_unlock(&h->lock);
	return err;
}

static long domain_attach_rng(void *ctx, unsigned long arg)
{
	struct hostdom *h = ctx;
	long err = -EBUSY;

	mutex_lock(&h->lock);
	if (domain_building_locked(h))
		err = rng_attach(h);
	mutex_unlock(&h->lock);
	return err;
}

static long domain_start_copied(struct hostdom *h, struct pvhv_dom_start *start)
{
	if (start->flags || memchr_inv(start->reserved, 0, sizeof(start->reserved)))
		return -EINVAL;
	memset(start->msg, 0, sizeof(start->msg));
	return hostdom_start(h, start, start->msg);
}

/* Not by the table's copy: a guest that runs is worth more than the message that there is none. */
static long domain_start(void *ctx, unsigned long user)
{
	void __user *arg = (void __user *)user;
	struct pvhv_dom_start start;
	u32 size;
	long err;

	err = ioctl_copy_in(&start, sizeof(start), arg, &size);
	if (err)
		return err;
	err = domain_start_copied(ctx, &start);
	return err ? ioctl_copy_out(arg, size, &start, sizeof(start)) ?: err : 0;
}

static long domain_info(void *ctx, void *arg)
{
	hostdom_info(ctx, arg);
	return 0;
}

static long domain_request(void *ctx, unsigned long arg)
{
	return hostdom_request(ctx, arg);
}

static long domain_audit(void *ctx, void *arg)
{
	memset(arg, 0, sizeof(struct pvhv_dom_audit));
	return hostdom_audit(ctx, arg);
}

static long domain_winsize(void *ctx, unsigned long arg)
{
	if (arg > U32_MAX)
		return -EINVAL;
	console_winsize(ctx, arg >> 16, arg & 0xffff);
	return 0;
}

static long domain_destroy(void *ctx, unsigned long arg)
{
	hostdom_end(ctx, PVHV_END_DESTROYED, "destroyed by its process");
	return 0;
}

static const struct ioctl_call domain_calls[] = {
	{ PVHV_DOM_WRITE, false, sizeof(struct pvhv_dom_write), domain_write_memory },
	{ PVHV_DOM_P2M, false, sizeof(struct pvhv_dom_p2m), domain_read_p2m },
	{ PVHV_DOM_DISK, false, sizeof(struct pvhv_dom_disk), domain_attach_disk },
	{ PVHV_DOM_RNG, .raw = domain_attach_rng },
	{ PVHV_DOM_NET, false, sizeof(struct pvhv_dom_net), domain_attach_net },
	{ PVHV_DOM_START, .raw = domain_start },
	{ PVHV_DOM_INFO, false, sizeof(struct pvhv_dom_info), domain_info },
	{ PVHV_DOM_REQUEST, .raw = domain_request },
	{ PVHV_DOM_DESTROY, .raw = domain_destroy },
	{ PVHV_DOM_AUDIT, false, sizeof(struct pvhv_dom_audit), domain_audit },
	{ PVHV_DOM_WINSIZE, .raw = domain_winsize },
};

static bool domain_is_mine(const struct hostdom *h)
{
	return h->mm == current->mm;
}

static long domain_file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct hostdom *h = file->private_data;

	if (!domain_is_mine(h))
		return -EIO;
	return ioctl_table_call(domain_calls, ARRAY_SIZE(domain_calls), h, cmd, arg);
}

static ssize_t domain_file_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct hostdom *h = file->private_data;

	if (!domain_is_mine(h))
		return -EIO;
	return console_read(&h->reader, buf, len, file->f_flags & O_NONBLOCK);
}

static ssize_t domain_file_write(struct file *file, const char __user *buf, size_t len,
				 loff_t *pos)
{
	struct hostdom *h = file->private_data;

	if (!domain_is_mine(h))
		return -EIO;
	return console_write(h, buf, len, file->f_flags & O_NONBLOCK);
}

static __poll_t domain_file_poll(struct file *file, struct poll_table_struct *pt)
{
	struct hostdom *h = file->private_data;

	return console_poll(&h->reader, file, pt);
}

static int domain_file_release(struct inode *inode, struct file *file)
{
	hostdom_release(file->private_data);
	return 0;
}

static const struct file_operations domain_fops = {
	.owner		= THIS_MODULE,
	.read		= domain_file_read,
	.write		= domain_file_write,
	.poll		= domain_file_poll,
	.unlocked_ioctl	= domain_file_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.release	= domain_file_release,
};

/* --- the control file --- */

static long domain_create(struct pvhv_dom_create *create, struct file **file)
{
	struct hostdom *h;
	int fd;

	if (create->flags || memchr_inv(create->reserved, 0, sizeof(create->reserved))) {
		strscpy(create->msg, "unknown flags; the module is older than the tool",
			sizeof(create->msg));
		return -EINVAL;
	}
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	h = hostdom_create(create, create->msg);
	if (IS_ERR(h)) {
		put_unused_fd(fd);
		return PTR_ERR(h);
	}
	create->domid = h->dom->id;
	*file = anon_inode_getfile("[pvhv-domain]", &domain_fops, h, O_RDWR);
	if (IS_ERR(*file)) {
		put_unused_fd(fd);
		hostdom_release(h);
		return PTR_ERR(*file);
	}
	return fd;
}

/* Not by the table's copy: the descriptor becomes public after the answer is out. */
long domain_ioctl_create(void *ctx, unsigned long user)
{
	void __user *arg = (void __user *)user;
	struct pvhv_dom_create create;
	u32 size;
	struct file *file;
	long fd, err;

	err = ioctl_copy_in(&create, sizeof(create), arg, &size);
	if (err)
		return err;
	memset(create.msg, 0, sizeof(create.msg));
	create.domid = 0;
	fd = domain_create(&create, &file);
	err = ioctl_copy_out(arg, size, &create, sizeof(create));
	if (fd < 0)
		return err ?: fd;
	if (err) {
		put_unused_fd(fd);
		fput(file);
		return err;
	}
	/* From here on other threads can use and close it. */
	fd_install(fd, file);
	return fd;
}

long domain_ioctl_info(void *ctx, void *arg)
{
	struct pvhv_dom_info *info = arg;
	struct hostdom *h = hostdom_find_from(info->domid);

	if (!h)
		return -ENOENT;
	hostdom_info(h, info);
	hostdom_put(h);
	return 0;
}

struct hostdom *domain_by_user_id(unsigned long user, long *err)
{
	struct hostdom *h;
	u32 id;

	*err = -EFAULT;
	if (get_user(id, (u32 __user *)user))
		return NULL;
	h = hostdom_find(id);
	*err = h ? 0 : -ENOENT;
	return h;
}

long domain_ioctl_destroy(void *ctx, unsigned long user)
{
	struct hostdom *h;
	long err;

	h = domain_by_user_id(user, &err);
	if (!h)
		return err;
	hostdom_end(h, PVHV_END_DESTROYED, "destroyed by the host's user");
	hostdom_put(h);
	return 0;
}

long domain_ioctl_console(void *ctx, unsigned long user)
{
	struct hostdom *h;
	long err;

	h = domain_by_user_id(user, &err);
	return h ? console_open_fd(h) : err;
}
