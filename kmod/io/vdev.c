// SPDX-License-Identifier: GPL-2.0
/*
 * virtio devices over the shared page (see <pvhv/shared.h>): their life and their thread.
 * Side: host.  Each device has one kernel thread: control requests, features,
 * status, queues on and off, and the taking of requests happen there only,
 * so they need no lock.  Completions (vdev_put) come in any context, under queue.lock.
 * Devices come and go under hostdom.lock, also while the guest runs.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <uapi/linux/virtio_config.h>

#include "hostdom.h"
#include "io/vdev.h"

#define VDEV_FEATURES	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VRING_F_INDIRECT) | \
			 BIT_ULL(VRING_F_EVENT_IDX))
#define VDEV_VENDOR	0x76687670	/* "pvhv" */
#define LEAVE_POLL_MS	10

static atomic64_t last_uid;

/* --- the thread --- */

void vdev_kick(struct vdev *v, unsigned int queue)
{
	vdev_wake(v, VDEV_KICK_QUEUE(queue));
}

bool vdev_interrupted(const struct vdev *v)
{
	return test_bit(VDEV_KICK_CTRL, &v->kicks) || kthread_should_stop();
}

static void vdev_run_queue(struct vdev *v, struct vdev_queue *q)
{
	enum vdev_turn turn;

	if (!q->on)
		return;
	if (READ_ONCE(q->vr.broken)) {
		if (!(v->status & VIRTIO_CONFIG_S_NEEDS_RESET))
			vdev_break(q, q->vr.broken);
		return;
	}
	if (!(v->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	if (!q->quiet)
		vring_notify_off(&q->vr);
	q->quiet = true;
	turn = v->ops->run(v, q);
	if (turn == VDEV_MORE)
		set_bit(VDEV_KICK_QUEUE(q->nr), &v->kicks);
	q->empty = turn == VDEV_EMPTY && !q->vr.broken;
}

/* One bit of kicks.  A notification without anything behind it is noted. */
static void vdev_run_bit(struct vdev *v, unsigned int bit)
{
	u64 before = v->progress;
	bool notified;

	if (!test_and_clear_bit(bit, &v->kicks))
		return;
	notified = test_and_clear_bit(bit, &v->notified);
	if (bit == VDEV_KICK_CTRL)
		vdev_answer(v);
	else
		vdev_run_queue(v, &v->queue[bit - VDEV_KICK_QUEUE(0)]);
	if (notified || v->progress != before)
		vdev_notice(v, bit, v->progress == before);
}

static int vdev_thread(void *data)
{
	struct vdev *v = data;
	unsigned int bit;
	u64 before;

	while (!kthread_should_stop()) {
		before = v->progress;
		for (bit = 0; bit <= v->nr_queues; bit++)
			vdev_run_bit(v, bit);
		if (v->progress != before)
			vdev_poll_active(v);
		vdev_poll_kicked(v);
		if (!READ_ONCE(v->kicks))
			vdev_poll_wait(v);
		cond_resched();
	}
	vdev_reset(v);
	return 0;
}

/* --- coming --- */

/* The magic number comes last: a guest that runs may look already. */
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
	/* pairs with the guest's look at magic before the rest */
	smp_store_release(&p->magic, PVHV_VDEV_MAGIC);
}

static void vdev_init(struct vdev *v, struct hostdom *h, unsigned int index,
		      const struct vdev_desc *d)
{
	unsigned int i;

	v->h = h;
	v->index = index;
	v->uid = atomic64_inc_return(&last_uid);
	v->device_id = d->device_id;
	v->ops = d->ops;
	v->nr_queues = d->nr_queues;
	v->max_size = d->max_size;
	v->offered = d->features | VDEV_FEATURES;
	v->bell_cpu = -1;
	v->followed = jiffies - HZ;
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

static int vdev_free_index(const struct hostdom *h)
{
	unsigned int i;

	for (i = 0; i < PVHV_MAX_VDEVS; i++)
		if (!h->vdevs[i])
			return i;
	return -ENOSPC;
}

int vdev_add(struct hostdom *h, struct vdev *v, const struct vdev_desc *d)
{
	int index = vdev_free_index(h), err;

	if (index < 0)
		return index;
	if (WARN_ON(d->nr_queues > PVHV_VDEV_MAX_QUEUES || d->max_size > VRING_MAX_CHAIN ||
		    d->config_len > PVHV_VDEV_CONFIG_SIZE))
		return -EINVAL;
	v->page = hostdom_device_page(h, index);
	if (!v->page)
		return -ENOMEM;
	vdev_init(v, h, index, d);
	v->thread = kthread_create(vdev_thread, v, "pvhv%u-%s%u", h->dom->id, d->ops->name, v->index);
	if (IS_ERR(v->thread))
		return PTR_ERR(v->thread);
	vdev_fill_page(v, d);
	err = vdev_listen(v);
	if (err)
		goto stop;
	h->vdevs[index] = v;
	h->nr_vdevs++;
	wake_up_process(v->thread);
	if (READ_ONCE(h->dom->state) == PVHV_DOM_ST_RUNNING)
		hostdom_raise(h, PVHV_PORT_BUS);
	return 0;

stop:
	v->page->magic = 0;
	kthread_stop(v->thread);
	return err;
}

/* --- going --- */

/*
 * The page stays as it is, but for the number of the device: who still waits there for an
 * answer sees that there is none.
 */
static void vdev_end(struct hostdom *h, struct vdev *v)
{
	struct pvhv_vdev_page *p = v->page;

	WRITE_ONCE(p->device_id, 0);
	kthread_stop(v->thread);
	vdev_unlisten(v);
	WRITE_ONCE(p->magic, 0);
	h->vdevs[v->index] = NULL;
	h->nr_vdevs--;
	hostdom_raise(h, PVHV_PORT_DEV_CTRL(v->index));
	v->ops->release(v);
}

/* By number and uid: it may have ended, and another have come, while the lock was free. */
static struct vdev *vdev_again(struct hostdom *h, unsigned int index, u64 uid)
{
	struct vdev *v = h->vdevs[index];

	return v && v->uid == uid ? v : NULL;
}

int vdev_remove(struct hostdom *h, struct vdev *v)
{
	unsigned long end = jiffies + msecs_to_jiffies(VDEV_LEAVE_MS);
	unsigned int index = v->index;
	u64 uid = v->uid;

	if (v->leaving)
		return -EALREADY;
	v->leaving = true;
	WRITE_ONCE(v->page->device_id, 0);
	hostdom_raise(h, PVHV_PORT_DEV_CTRL(index));
	hostdom_raise(h, PVHV_PORT_BUS);
	while (v && READ_ONCE(v->status) && time_before(jiffies, end) &&
	       READ_ONCE(h->dom->state) == PVHV_DOM_ST_RUNNING && !fatal_signal_pending(current)) {
		mutex_unlock(&h->lock);
		msleep(LEAVE_POLL_MS);
		mutex_lock(&h->lock);
		v = vdev_again(h, index, uid);
	}
	if (v)
		vdev_end(h, v);
	return 0;
}

void vdev_stop_all(struct hostdom *h)
{
	unsigned int i;

	for (i = PVHV_MAX_VDEVS; i--;)
		if (h->vdevs[i])
			vdev_end(h, h->vdevs[i]);
}
