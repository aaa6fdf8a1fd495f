// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio device's access to its guest's memory, and its queues.
 * Side: host.  vdev_put, vdev_put_many, vdev_count and vdev_break_soon in any context, the first two under queue.lock; the rest in the
 * device's thread.  What the guest may write is read once.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include <uapi/linux/virtio_config.h>

#include "hostdom.h"
#include "io/vdev.h"

/* --- guest memory --- */

static int vdev_copy(struct vdev *v, u64 gpa, void *buf, u32 len, bool write)
{
	while (len) {
		u32 off = offset_in_page(gpa), n = min_t(u32, len, PAGE_SIZE - off);
		struct page *page;
		int err;

		err = hostdom_frame_get(v->h, gpa, write, &page);
		if (err)
			return err;
		if (write)
			memcpy(page_address(page) + off, buf, n);
		else
			memcpy(buf, page_address(page) + off, n);
		hostdom_frame_put(v->h, page, write);
		gpa += n;
		buf += n;
		len -= n;
	}
	return 0;
}

int vdev_read(struct vdev *v, u64 gpa, void *dst, u32 len)
{
	return vdev_copy(v, gpa, dst, len, false);
}

int vdev_write(struct vdev *v, u64 gpa, const void *src, u32 len)
{
	return vdev_copy(v, gpa, (void *)src, len, true);
}

int vdev_mem_read(void *ctx, u64 addr, void *dst, u32 len)
{
	return vdev_read(ctx, addr, dst, len);
}

static void vdev_unmap(struct vdev *v, struct vdev_area *a)
{
	if (a->map)
		vunmap(a->map);
	a->map = NULL;
	while (a->nr)
		hostdom_frame_put(v->h, a->page[--a->nr], true);
}

/* Maps bytes at gpa.  The frames stay plain memory of the guest until vdev_unmap. */
static int vdev_map(struct vdev *v, struct vdev_area *a, u64 gpa, u32 bytes)
{
	u32 n = DIV_ROUND_UP(offset_in_page(gpa) + bytes, PAGE_SIZE);
	u64 at = gpa & PAGE_MASK;
	int err;

	BUILD_BUG_ON(VRING_MAX_CHAIN * sizeof(struct vring_desc) > PAGE_SIZE);
	for (; a->nr < n; at += PAGE_SIZE) {
		err = hostdom_frame_get(v->h, at, true, &a->page[a->nr]);
		if (err)
			goto unmap;
		a->nr++;
	}
	a->map = vmap(a->page, n, VM_MAP, PAGE_KERNEL);
	err = -ENOMEM;
	if (a->map)
		return 0;
unmap:
	vdev_unmap(v, a);
	return err;
}

/* --- requests --- */

void vdev_count(struct vdev *v, u64 bytes_in, u64 bytes_out, bool failed)
{
	atomic64_inc(&v->stats.requests);
	atomic64_add(bytes_in, &v->stats.bytes_in);
	atomic64_add(bytes_out, &v->stats.bytes_out);
	if (failed)
		atomic64_inc(&v->stats.errors);
}

void vdev_break(struct vdev_queue *q, const char *why)
{
	struct vdev *v = q->v;

	WRITE_ONCE(q->vr.broken, why);
	vdev_set_status(v, v->status | VIRTIO_CONFIG_S_NEEDS_RESET);
	vdev_set_config(v, 0, NULL, 0);
	if (__ratelimit(&v->log))
		pr_warn("pvhv: domain %u: %s %u queue %u: %s; stopped until the guest resets it\n",
			v->h->dom->id, v->ops->name, v->index, q->nr, why);
}

void vdev_break_soon(struct vdev_queue *q, const char *why)
{
	WRITE_ONCE(q->vr.broken, why);
	vdev_kick(q->v, q->nr);
}

bool vdev_next(struct vdev_queue *q)
{
	int ret = vring_next(&q->vr, &q->v->mem, &q->v->chain);

	if (ret > 0)
		q->v->progress++;
	if (ret < 0 && !(q->v->status & VIRTIO_CONFIG_S_NEEDS_RESET))
		vdev_break(q, q->vr.broken);
	return ret > 0;
}

/* The event is raised inside the lock: after it vdev_queue_off may see the queue idle. */
void vdev_put_many(struct vdev_queue *q, const struct vring_used_elem *e, u16 n)
{
	struct vdev *v = q->v;
	unsigned long flags;
	u16 i;

	spin_lock_irqsave(&q->lock, flags);
	for (i = 0; i < n; i++)
		vring_fill(&q->vr, i, e[i].id, e[i].len);
	vring_publish(&q->vr, n);
	if (vring_want_event_of(&q->vr, n))
		hostdom_raise(v->h, PVHV_PORT_DEV_QUEUE(v->index, q->nr));
	if (READ_ONCE(v->draining))
		wake_up(&v->wait);
	else if (READ_ONCE(v->sleeps))
		vdev_poll_put(v);
	spin_unlock_irqrestore(&q->lock, flags);
}

void vdev_put(struct vdev_queue *q, u16 head, u32 len)
{
	const struct vring_used_elem e = { head, len };

	vdev_put_many(q, &e, 1);
}

/* --- queues on and off --- */

static bool vdev_idle(struct vdev_queue *q)
{
	bool idle;

	spin_lock_irq(&q->lock);
	idle = q->vr.used_idx == q->vr.last_avail;
	spin_unlock_irq(&q->lock);
	return idle;
}

/* Waits for the requests under way; the host's device bounds that time. */
void vdev_queue_off(struct vdev_queue *q)
{
	struct vdev *v = q->v;

	if (!q->on)
		return;
	if (v->ops->queue_off)
		v->ops->queue_off(v, q);
	WRITE_ONCE(v->draining, true);
	/* pairs with queue.lock in vdev_put: it sees draining, or we see its used_idx */
	smp_mb();
	wait_event(v->wait, vdev_idle(q));
	WRITE_ONCE(v->draining, false);

	q->on = false;
	q->quiet = false;
	q->empty = false;
	WRITE_ONCE(v->page->queue[q->nr].enabled, 0);
	clear_bit(VDEV_KICK_QUEUE(q->nr), &v->kicks);
	vdev_unmap(v, &q->desc);
	vdev_unmap(v, &q->avail);
	vdev_unmap(v, &q->used);
}

static int vdev_queue_map(struct vdev_queue *q, u16 num, u64 desc, u64 avail, u64 used)
{
	struct vdev *v = q->v;
	int err;

	err = vdev_map(v, &q->desc, desc, vring_desc_bytes(num));
	if (err)
		return err;
	err = vdev_map(v, &q->avail, avail, vring_avail_bytes(num));
	if (err)
		goto unmap_desc;
	err = vdev_map(v, &q->used, used, vring_used_bytes(num));
	if (err)
		goto unmap_avail;
	vring_init(&q->vr, num, q->desc.map + offset_in_page(desc),
		   q->avail.map + offset_in_page(avail), q->used.map + offset_in_page(used),
		   v->features & BIT_ULL(VRING_F_EVENT_IDX),
		   v->features & BIT_ULL(VRING_F_INDIRECT));
	return 0;

unmap_avail:
	vdev_unmap(v, &q->avail);
unmap_desc:
	vdev_unmap(v, &q->desc);
	return err;
}

int vdev_queue_on(struct vdev *v, u32 nr)
{
	struct pvhv_vqueue *p;
	struct vdev_queue *q;
	u64 desc, avail, used;
	u16 num;
	int err;

	if (nr >= v->nr_queues || !(v->status & VIRTIO_CONFIG_S_FEATURES_OK) ||
	    (v->status & VIRTIO_CONFIG_S_NEEDS_RESET))
		return -EINVAL;
	q = &v->queue[nr];
	p = &v->page->queue[nr];
	if (q->on)
		return -EBUSY;
	num = READ_ONCE(p->size);
	desc = READ_ONCE(p->desc);
	avail = READ_ONCE(p->avail);
	used = READ_ONCE(p->used);
	err = vring_check_layout(num, v->max_size, desc, avail, used);
	if (!err)
		err = vdev_queue_map(q, num, desc, avail, used);
	if (err)
		return err;
	q->on = true;
	WRITE_ONCE(p->enabled, 1);
	if (v->ops->queue_on)
		v->ops->queue_on(v, q);
	vdev_kick(v, nr);
	return 0;
}
