// SPDX-License-Identifier: GPL-2.0
/*
 * virtio devices over the shared page (see <pvhv/shared.h>).
 * Side: host.  Each device has one kernel thread: control requests, features,
 * status, queues on and off, and the taking of requests happen there only,
 * so they need no lock.  Completions (vdev_put) come in any context, under queue.lock.
 * What the guest may write is read once; state that decides is private (struct vdev).
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include <uapi/linux/virtio_config.h>

#include "hostdom.h"
#include "io/vdev.h"

#define VDEV_FEATURES	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VRING_F_INDIRECT) | \
			 BIT_ULL(VRING_F_EVENT_IDX))
#define VDEV_VENDOR	0x76687670	/* "pvhv" */

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

static int vdev_mem_read(void *ctx, u64 addr, void *dst, u32 len)
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

/* --- queues --- */

void vdev_count(struct vdev *v, u64 bytes_in, u64 bytes_out, bool failed)
{
	atomic64_inc(&v->stats.requests);
	atomic64_add(bytes_in, &v->stats.bytes_in);
	atomic64_add(bytes_out, &v->stats.bytes_out);
	if (failed)
		atomic64_inc(&v->stats.errors);
}

static void vdev_set_status(struct vdev *v, u8 status)
{
	WRITE_ONCE(v->status, status);
	WRITE_ONCE(v->page->status, status);
	if (v->ops->status)
		v->ops->status(v);
}

void vdev_kick(struct vdev *v, unsigned int queue)
{
	set_bit(1 + queue, &v->kicks);
	wake_up(&v->wait);
}

bool vdev_interrupted(const struct vdev *v)
{
	return test_bit(0, &v->kicks) || kthread_should_stop();
}

void vdev_set_config(struct vdev *v, u32 offset, const void *buf, u32 len)
{
	unsigned long flags;

	spin_lock_irqsave(&v->config_lock, flags);
	memcpy(v->page->config + offset, buf, len);
	WRITE_ONCE(v->page->config_gen, ++v->config_gen);
	spin_unlock_irqrestore(&v->config_lock, flags);
	hostdom_raise(v->h, PVHV_PORT_DEV_CTRL(v->index));
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
	spin_unlock_irqrestore(&q->lock, flags);
}

void vdev_put(struct vdev_queue *q, u16 head, u32 len)
{
	const struct vring_used_elem e = { head, len };

	vdev_put_many(q, &e, 1);
}

static bool vdev_idle(struct vdev_queue *q)
{
	bool idle;

	spin_lock_irq(&q->lock);
	idle = q->vr.used_idx == q->vr.last_avail;
	spin_unlock_irq(&q->lock);
	return idle;
}

/* Waits for the requests under way; the host's device bounds that time. */
static void vdev_queue_off(struct vdev_queue *q)
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
	WRITE_ONCE(v->page->queue[q->nr].enabled, 0);
	clear_bit(1 + q->nr, &v->kicks);
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

static int vdev_queue_on(struct vdev *v, u32 nr)
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

/* --- control requests --- */

static void vdev_reset(struct vdev *v)
{
	unsigned int i;

	for (i = 0; i < v->nr_queues; i++)
		vdev_queue_off(&v->queue[i]);
	v->features = 0;
	vdev_set_status(v, 0);
}

static int vdev_take_features(struct vdev *v)
{
	u64 f = READ_ONCE(v->page->guest_features);

	if ((f & ~v->offered) || !(f & BIT_ULL(VIRTIO_F_VERSION_1)))
		return -EINVAL;
	v->features = f;
	return 0;
}

/* Bits are only added; NEEDS_RESET is ours. */
static int vdev_status(struct vdev *v, u32 arg)
{
	u32 old = v->status & ~VIRTIO_CONFIG_S_NEEDS_RESET, new = arg & ~VIRTIO_CONFIG_S_NEEDS_RESET;
	unsigned int i;
	int err;

	if (!arg) {
		vdev_reset(v);
		return 0;
	}
	if (new > 0xff || (old & ~new))
		return -EINVAL;
	if ((new & VIRTIO_CONFIG_S_DRIVER_OK) && !(new & VIRTIO_CONFIG_S_FEATURES_OK))
		return -EINVAL;
	if (new & ~old & VIRTIO_CONFIG_S_FEATURES_OK) {
		err = vdev_take_features(v);
		if (err)
			return err;
	}
	vdev_set_status(v, new | (v->status & VIRTIO_CONFIG_S_NEEDS_RESET));
	for (i = 0; i < v->nr_queues; i++)
		vdev_kick(v, i);
	return 0;
}

static int vdev_control(struct vdev *v, u32 op, u32 arg)
{
	switch (op) {
	case PVHV_VCTRL_STATUS:
		return vdev_status(v, arg);
	case PVHV_VCTRL_QUEUE_ON:
		return vdev_queue_on(v, arg);
	case PVHV_VCTRL_QUEUE_OFF:
		if (arg >= v->nr_queues)
			return -EINVAL;
		vdev_queue_off(&v->queue[arg]);
		return 0;
	case PVHV_VCTRL_CONFIG:
		return 0;	/* no device has fields that a driver writes */
	default:
		return -EINVAL;
	}
}

static void vdev_answer(struct vdev *v)
{
	struct pvhv_vdev_page *p = v->page;
	/* pairs with the guest's barrier before it increments seq */
	u32 seq = smp_load_acquire(&p->ctrl.seq);
	s32 result;

	if (seq == v->ack)
		return;
	result = vdev_control(v, READ_ONCE(p->ctrl.op), READ_ONCE(p->ctrl.arg));
	WRITE_ONCE(p->ctrl.result, result);
	v->ack = seq;
	/* pairs with the guest's barrier after it sees ack */
	smp_store_release(&p->ctrl.ack, seq);
	hostdom_raise(v->h, PVHV_PORT_DEV_CTRL(v->index));
}

/* --- the thread --- */

static void vdev_run(struct vdev *v)
{
	unsigned int i;

	if (test_and_clear_bit(0, &v->kicks))
		vdev_answer(v);
	for (i = 0; i < v->nr_queues; i++) {
		struct vdev_queue *q = &v->queue[i];

		if (!test_and_clear_bit(1 + i, &v->kicks) || !q->on)
			continue;
		if (READ_ONCE(q->vr.broken)) {
			if (!(v->status & VIRTIO_CONFIG_S_NEEDS_RESET))
				vdev_break(q, q->vr.broken);
			continue;
		}
		if (!(v->status & VIRTIO_CONFIG_S_DRIVER_OK))
			continue;
		if (v->ops->run(v, q))
			set_bit(1 + i, &v->kicks);
	}
}

static int vdev_thread(void *data)
{
	struct vdev *v = data;

	while (!kthread_should_stop()) {
		wait_event_idle(v->wait, READ_ONCE(v->kicks) || kthread_should_stop());
		vdev_run(v);
		cond_resched();
	}
	vdev_reset(v);
	return 0;
}

static void vdev_notified(struct hostdom *h, unsigned int port, void *arg)
{
	struct vdev *v = arg;
	unsigned int bit = port - PVHV_PORT_DEV_CTRL(v->index);

	if (bit && v->ops->notified && v->ops->notified(v, &v->queue[bit - 1]))
		return;
	set_bit(bit, &v->kicks);
	wake_up(&v->wait);
}

/* --- life --- */

static void vdev_fill_page(struct vdev *v, const struct vdev_desc *d)
{
	struct pvhv_vdev_page *p = v->page;
	unsigned int i;

	memset(p, 0, sizeof(*p));
	p->device_id = d->device_id;
	p->vendor_id = VDEV_VENDOR;
	p->nr_queues = d->nr_queues;
	p->host_features = v->offered;
	p->config_len = d->config_len;
	if (d->config_len)
		memcpy(p->config, d->config, d->config_len);
	for (i = 0; i < d->nr_queues; i++)
		p->queue[i].max_size = d->max_size;
	p->magic = PVHV_VDEV_MAGIC;
}

static void vdev_init(struct vdev *v, struct hostdom *h, const struct vdev_desc *d)
{
	unsigned int i;

	v->h = h;
	v->index = h->nr_vdevs;
	v->ops = d->ops;
	v->page = h->dom->shared[PVHV_VDEV_PAGE_FIRST + v->index];
	v->nr_queues = d->nr_queues;
	v->max_size = d->max_size;
	v->offered = d->features | VDEV_FEATURES;
	v->mem.read = vdev_mem_read;
	v->mem.ctx = v;
	spin_lock_init(&v->config_lock);
	init_waitqueue_head(&v->wait);
	ratelimit_state_init(&v->log, 60 * HZ, 1);
	ratelimit_set_flags(&v->log, RATELIMIT_MSG_ON_RELEASE);
	for (i = 0; i < d->nr_queues; i++) {
		struct vdev_queue *q = &v->queue[i];

		q->v = v;
		q->nr = i;
		spin_lock_init(&q->lock);
	}
}

static void vdev_unlisten(struct vdev *v, unsigned int ports)
{
	while (ports--)
		hostdom_listen(v->h, PVHV_PORT_DEV_CTRL(v->index) + ports, NULL, NULL);
}

int vdev_add(struct hostdom *h, struct vdev *v, const struct vdev_desc *d)
{
	unsigned int i;
	int err;

	if (h->nr_vdevs >= PVHV_MAX_VDEVS)
		return -ENOSPC;
	if (WARN_ON(d->nr_queues > PVHV_VDEV_MAX_QUEUES || d->max_size > VRING_MAX_CHAIN ||
		    d->config_len > PVHV_VDEV_CONFIG_SIZE))
		return -EINVAL;
	vdev_init(v, h, d);
	v->thread = kthread_create(vdev_thread, v, "pvhv%u-%s%u", h->dom->id, d->ops->name, v->index);
	if (IS_ERR(v->thread))
		return PTR_ERR(v->thread);
	vdev_fill_page(v, d);
	for (i = 0; i <= v->nr_queues; i++) {
		err = hostdom_listen(h, PVHV_PORT_DEV_CTRL(v->index) + i, vdev_notified, v);
		if (err)
			goto unlisten;
	}
	h->vdevs[h->nr_vdevs++] = v;
	wake_up_process(v->thread);
	return 0;

unlisten:
	vdev_unlisten(v, i);
	memset(v->page, 0, sizeof(*v->page));
	kthread_stop(v->thread);
	return err;
}

void vdev_stop_all(struct hostdom *h)
{
	while (h->nr_vdevs) {
		struct vdev *v = h->vdevs[--h->nr_vdevs];

		vdev_unlisten(v, v->nr_queues + 1);
		kthread_stop(v->thread);
		h->vdevs[h->nr_vdevs] = NULL;
		v->ops->release(v);
	}
}
