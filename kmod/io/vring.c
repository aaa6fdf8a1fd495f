// SPDX-License-Identifier: GPL-2.0
/*
 * Split virtqueues, device side.
 * Side: host.  Process context (vring_put, vring_want_event: any); locks are
 * the caller's, see vring.h.
 *
 * All of the ring is the guest's, which may write it while we look: each
 * field is read once, into a private copy, and checked there.  Nothing that
 * was read is believed beyond its bounds: an index is below the size of its
 * table, a chain ends, and no request is taken while as many are in flight as
 * the ring has entries.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/nospec.h>
#include <linux/types.h>
#include <asm/barrier.h>

#include "vring.h"

/* Areas must be naturally aligned, must not wrap, and must not overlap each other. */
int vring_check_layout(u16 num, u16 max, u64 desc, u64 avail, u64 used)
{
	const u64 start[3] = { desc, avail, used };
	u64 end[3];
	int i, j;

	if (!num || num > max || num > VRING_MAX_CHAIN || (num & (num - 1)))
		return -EINVAL;
	if ((desc & 15) || (avail & 1) || (used & 3))
		return -EINVAL;
	end[0] = desc + vring_desc_bytes(num);
	end[1] = avail + vring_avail_bytes(num);
	end[2] = used + vring_used_bytes(num);
	for (i = 0; i < 3; i++) {
		if (end[i] <= start[i])
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (start[i] < end[j] && start[j] < end[i])
				return -EINVAL;
	}
	return 0;
}

void vring_init(struct vring *vr, u16 num, const void *desc, const void *avail, void *used,
		bool event_idx, bool indirect)
{
	vr->desc = desc;
	vr->avail = avail;
	vr->used = used;
	vr->num = num;
	vr->event_idx = event_idx;
	vr->indirect = indirect;
	vr->broken = NULL;
	vr->last_avail = 0;
	vr->avail_idx = 0;
	vr->used_idx = 0;
}

static int vring_break(struct vring *vr, const char *why)
{
	vr->broken = why;
	return -EPROTO;
}

/* The ring's tail words: used_event behind avail's entries, avail_event behind used's. */
static const u16 *vring_used_event_ptr(const struct vring *vr)
{
	return &vr->avail->ring[vr->num];
}

static u16 *vring_avail_event_ptr(struct vring *vr)
{
	return (u16 *)&vr->used->ring[vr->num];
}

static void vring_copy_desc(struct vring_desc *to, const struct vring_desc *from)
{
	to->addr = READ_ONCE(from->addr);
	to->len = READ_ONCE(from->len);
	to->flags = READ_ONCE(from->flags);
	to->next = READ_ONCE(from->next);
}

static int vring_add_seg(struct vring *vr, struct vring_chain *c, const struct vring_desc *d)
{
	u32 n = c->nr_out + c->nr_in;

	if (n >= VRING_MAX_CHAIN)
		return vring_break(vr, "chain too long");
	if (!d->len)
		return vring_break(vr, "empty buffer");
	if (d->addr + d->len < d->addr)
		return vring_break(vr, "buffer wraps");
	if (!(d->flags & VRING_DESC_WRITE) && c->nr_in)
		return vring_break(vr, "readable buffer after a writable one");
	if (d->flags & VRING_DESC_WRITE)
		c->nr_in++;
	else
		c->nr_out++;
	c->seg[n].addr = d->addr;
	c->seg[n].len = d->len;
	return 0;
}

/* The rest of the chain is the table at d.  It is copied whole, then walked. */
static int vring_walk_indirect(struct vring *vr, struct vring_mem *mem,
			       struct vring_chain *c, const struct vring_desc *d)
{
	u32 nr = d->len / sizeof(*d), i = 0, seen;
	int err;

	if (!vr->indirect)
		return vring_break(vr, "indirect table not negotiated");
	if (d->flags & VRING_DESC_NEXT)
		return vring_break(vr, "indirect table inside a chain");
	if (!nr || d->len % sizeof(*d) || nr > VRING_MAX_CHAIN)
		return vring_break(vr, "bad size of an indirect table");
	if (d->addr + d->len < d->addr || mem->read(mem->ctx, d->addr, mem->table, d->len))
		return vring_break(vr, "bad address of an indirect table");

	for (seen = 0; seen < nr; seen++) {
		const struct vring_desc *t = &mem->table[array_index_nospec(i, nr)];

		if (t->flags & VRING_DESC_INDIRECT)
			return vring_break(vr, "indirect table in an indirect table");
		err = vring_add_seg(vr, c, t);
		if (err)
			return err;
		if (!(t->flags & VRING_DESC_NEXT))
			return 0;
		i = t->next;
		if (i >= nr)
			return vring_break(vr, "index beyond an indirect table");
	}
	return vring_break(vr, "loop in an indirect table");
}

static int vring_walk(struct vring *vr, struct vring_mem *mem, struct vring_chain *c)
{
	u32 i = c->head, seen;
	struct vring_desc d;
	int err;

	for (seen = 0; seen < vr->num; seen++) {
		vring_copy_desc(&d, &vr->desc[array_index_nospec(i, vr->num)]);
		if (d.flags & VRING_DESC_INDIRECT)
			return vring_walk_indirect(vr, mem, c, &d);
		err = vring_add_seg(vr, c, &d);
		if (err)
			return err;
		if (!(d.flags & VRING_DESC_NEXT))
			return 0;
		i = d.next;
		if (i >= vr->num)
			return vring_break(vr, "index beyond the descriptor table");
	}
	return vring_break(vr, "loop of descriptors");
}

/* Is a request there?  1, 0, or -errno. */
static int vring_poll(struct vring *vr)
{
	u16 used = READ_ONCE(vr->used_idx);

	if (vr->avail_idx == vr->last_avail) {
		/* pairs with the guest's barrier before it moves avail->idx */
		vr->avail_idx = smp_load_acquire(&vr->avail->idx);
		if ((u16)(vr->avail_idx - vr->last_avail) > vr->num)
			return vring_break(vr, "available index jumped");
	}
	if (vr->avail_idx == vr->last_avail)
		return 0;
	if ((u16)(vr->last_avail - used) >= vr->num)
		return vring_break(vr, "more requests than descriptors");
	return 1;
}

int vring_next(struct vring *vr, struct vring_mem *mem, struct vring_chain *c)
{
	int ret;

	if (vr->broken)
		return -EPROTO;
	ret = vring_poll(vr);
	if (ret <= 0)
		return ret;
	c->head = READ_ONCE(vr->avail->ring[vr->last_avail & (vr->num - 1)]);
	if (c->head >= vr->num)
		return vring_break(vr, "head beyond the descriptor table");
	c->nr_out = 0;
	c->nr_in = 0;
	ret = vring_walk(vr, mem, c);
	if (ret)
		return ret;
	vr->last_avail++;
	return 1;
}

void vring_untake(struct vring *vr, u16 n)
{
	vr->last_avail -= n;
}

void vring_fill(struct vring *vr, u16 i, u16 head, u32 len)
{
	struct vring_used_elem *e = &vr->used->ring[(vr->used_idx + i) & (vr->num - 1)];

	WRITE_ONCE(e->id, head);
	WRITE_ONCE(e->len, len);
}

void vring_publish(struct vring *vr, u16 n)
{
	WRITE_ONCE(vr->used_idx, vr->used_idx + n);
	/* pairs with the guest's barrier after it reads used->idx: entries and data come first */
	smp_store_release(&vr->used->idx, vr->used_idx);
}

void vring_put(struct vring *vr, u16 head, u32 len)
{
	vring_fill(vr, 0, head, len);
	vring_publish(vr, 1);
}

bool vring_want_event_of(struct vring *vr, u16 n)
{
	u16 event;

	/* used->idx before used_event; pairs with the guest's barrier after it asks for events */
	smp_mb();
	if (!vr->event_idx)
		return !(READ_ONCE(vr->avail->flags) & VRING_AVAIL_NO_INTERRUPT);
	event = READ_ONCE(*vring_used_event_ptr(vr));
	return (u16)(vr->used_idx - event - 1) < n;
}

bool vring_want_event(struct vring *vr)
{
	return vring_want_event_of(vr, 1);
}

void vring_notify_off(struct vring *vr)
{
	/* with event_idx: an index that the guest has passed already, and passes again in 65,535 requests */
	if (vr->event_idx)
		WRITE_ONCE(*vring_avail_event_ptr(vr), vr->last_avail - 1);
	else
		WRITE_ONCE(vr->used->flags, VRING_USED_NO_NOTIFY);
}

bool vring_waits(const struct vring *vr)
{
	return READ_ONCE(vr->avail->idx) != vr->last_avail;
}

/* Notify when the available index passes seen; true: it has by now. */
static bool vring_notify_beyond(struct vring *vr, u16 seen)
{
	if (vr->event_idx)
		WRITE_ONCE(*vring_avail_event_ptr(vr), seen);
	else
		WRITE_ONCE(vr->used->flags, 0);
	/* our wish before avail->idx; pairs with the guest's between avail->idx and our wish */
	smp_mb();
	return READ_ONCE(vr->avail->idx) != seen;
}

bool vring_notify_on(struct vring *vr)
{
	return vring_notify_beyond(vr, vr->last_avail);
}

bool vring_notify_on_more(struct vring *vr)
{
	return vring_notify_beyond(vr, vr->avail_idx);
}
