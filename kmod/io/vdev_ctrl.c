// SPDX-License-Identifier: GPL-2.0
/*
 * Control requests of virtio devices: status, features, queues.
 * Side: host.  In the device's thread, but vdev_set_config (any context).
 * What the guest may write is read once; state that decides is private (struct vdev).
 */
#include <linux/errno.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <uapi/linux/virtio_config.h>

#include "hostdom.h"
#include "io/vdev.h"

void vdev_set_status(struct vdev *v, u8 status)
{
	WRITE_ONCE(v->status, status);
	WRITE_ONCE(v->page->status, status);
	if (v->ops->status)
		v->ops->status(v);
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

void vdev_reset(struct vdev *v)
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
		return v->ops->config ? v->ops->config(v) : 0;
	default:
		return -EINVAL;
	}
}

void vdev_answer(struct vdev *v)
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
	v->progress++;
}
