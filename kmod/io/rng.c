// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-rng back end: the host's random numbers.
 * Side: host.  All work is done in the device's thread; no locks.
 */
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/virtio_ids.h>

#include "hostdom.h"
#include "io/rng.h"
#include "io/vdev.h"

#define RNG_QUEUE_SIZE	8
#define RNG_MAX_BYTES	1024	/* per request; the guest asks again for more */

/* Fills what can be written of a request; the number of bytes. */
static u32 rng_fill(struct vdev *v, const struct vring_chain *c)
{
	u8 buf[128];
	u32 i, n, done = 0;

	for (i = c->nr_out; i < c->nr_out + c->nr_in; i++) {
		u64 addr = c->seg[i].addr;
		u32 left = min_t(u32, c->seg[i].len, RNG_MAX_BYTES - done);

		for (; left; left -= n, addr += n, done += n) {
			n = min_t(u32, left, sizeof(buf));
			get_random_bytes(buf, n);
			if (vdev_write(v, addr, buf, n))
				goto out;
		}
	}
out:
	memzero_explicit(buf, sizeof(buf));
	return done;
}

static enum vdev_turn rng_run(struct vdev *v, struct vdev_queue *q)
{
	unsigned int n;
	u32 len;

	for (n = 0; n < RNG_QUEUE_SIZE; n++) {
		if (!vdev_next(q))
			return VDEV_EMPTY;
		len = rng_fill(v, &v->chain);
		vdev_count(v, len, 0, !len);
		vdev_put(q, v->chain.head, len);
	}
	return VDEV_MORE;
}

static void rng_release(struct vdev *v)
{
	kfree(v);
}

static const struct vdev_ops rng_ops = {
	.name = "rng",
	.run = rng_run,
	.release = rng_release,
};

int rng_attach(struct hostdom *h)
{
	const struct vdev_desc desc = {
		.ops = &rng_ops,
		.device_id = VIRTIO_ID_RNG,
		.nr_queues = 1,
		.max_size = RNG_QUEUE_SIZE,
	};
	struct vdev *v = kzalloc(sizeof(*v), GFP_KERNEL);
	int err;

	if (!v)
		return -ENOMEM;
	err = vdev_add(h, v, &desc);
	if (err)
		kfree(v);
	return err;
}
