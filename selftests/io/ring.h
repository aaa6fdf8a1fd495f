/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest's memory with a ring in it, and what must hold of a request however hostile the guest.
 * Side: user space.
 */
#ifndef TEST_RING_H
#define TEST_RING_H

#include "io/vring.h"
#include "mem.h"

#define GUEST_SIZE	0x8000
#define DESC_AT		0x0000		/* offsets into mem */
#define AVAIL_AT	0x1000
#define USED_AT		0x2000
#define TABLE_AT	0x4000		/* for indirect tables */

struct guest {
	_Alignas(4096) u8 mem[GUEST_SIZE];
	struct vring_mem access;
	struct vring vr;
	struct vring_chain chain;
};

static int guest_read_mem(void *ctx, u64 addr, void *dst, u32 len)
{
	struct guest *g = ctx;

	return mem_read(g->mem, sizeof(g->mem), addr, dst, len);
}

static void guest_init(struct guest *g, u16 num, bool event_idx, bool indirect)
{
	g->access.read = guest_read_mem;
	g->access.ctx = g;
	memset(&g->chain, 0xa5, sizeof(g->chain));
	vring_init(&g->vr, num, g->mem + DESC_AT, g->mem + AVAIL_AT, g->mem + USED_AT, event_idx, indirect);
}

static inline struct vring_desc *guest_desc(struct guest *g)
{
	return (struct vring_desc *)(g->mem + DESC_AT);
}

static inline struct vring_desc *guest_table(struct guest *g)
{
	return (struct vring_desc *)(g->mem + TABLE_AT);
}

static inline struct vring_avail *guest_avail(struct guest *g)
{
	return (struct vring_avail *)(g->mem + AVAIL_AT);
}

static inline struct vring_used *guest_used(struct guest *g)
{
	return (struct vring_used *)(g->mem + USED_AT);
}

/* NULL, or what is wrong with a request that vring_next let through. */
static const char *chain_error(const struct guest *g)
{
	const struct vring_chain *c = &g->chain;
	u32 i;

	if (c->head >= g->vr.num)
		return "head out of range";
	if (c->nr_out + c->nr_in < 1 || c->nr_out + c->nr_in > VRING_MAX_CHAIN)
		return "number of buffers";
	for (i = 0; i < c->nr_out + c->nr_in; i++) {
		if (!c->seg[i].len)
			return "empty buffer";
		if (c->seg[i].addr + c->seg[i].len < c->seg[i].addr)
			return "buffer wraps";
	}
	if ((u16)(g->vr.last_avail - g->vr.used_idx) > g->vr.num)
		return "more in flight than the ring has entries";
	return NULL;
}

#endif
