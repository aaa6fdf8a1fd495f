/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Split virtqueues, device side.
 * Side: host.  Free of the kernel but for barriers and types: unit tests and
 * fuzzers compile it too.
 */
#ifndef PVHV_IO_VRING_H
#define PVHV_IO_VRING_H

#include <linux/types.h>

/* The longest chain that is taken, direct or indirect; the largest queue. */
#define VRING_MAX_CHAIN		128

/*
 * The wire format (virtio 1.x, 2.7); little endian, as we are.  The kernel's own
 * <uapi/linux/virtio_ring.h> has the same names: never include both.
 */
#define VRING_F_INDIRECT	28	/* feature bits */
#define VRING_F_EVENT_IDX	29

struct vring_desc {
	u64	addr;
	u32	len;
	u16	flags;
	u16	next;
};
#define VRING_DESC_NEXT		1
#define VRING_DESC_WRITE	2
#define VRING_DESC_INDIRECT	4

struct vring_avail {
	u16	flags;
	u16	idx;
	u16	ring[];		/* [num], then used_event */
};
#define VRING_AVAIL_NO_INTERRUPT 1

struct vring_used_elem {
	u32	id;
	u32	len;
};

struct vring_used {
	u16	flags;
	u16	idx;
	struct vring_used_elem ring[];	/* [num], then u16 avail_event */
};
#define VRING_USED_NO_NOTIFY	1

/* One buffer of a chain, in guest-physical addresses; len > 0, addr + len does not wrap. */
struct vring_seg {
	u64	addr;
	u32	len;
};

/* Private copy of one request: the buffers that the device reads, then those that it writes. */
struct vring_chain {
	u16		head;
	u16		nr_out;
	u16		nr_in;
	struct vring_seg seg[VRING_MAX_CHAIN];
};

/* How indirect tables are read: 0 or -errno with dst undefined; and a place for the copy. */
struct vring_mem {
	int		(*read)(void *ctx, u64 addr, void *dst, u32 len);
	void		*ctx;
	struct vring_desc table[VRING_MAX_CHAIN];
};

/*
 * The three areas lie in guest memory and change at any time: only READ_ONCE and
 * WRITE_ONCE touch them.  vring_next and vring_notify_* belong to one thread;
 * vring_put and vring_want_event need the owner's lock.
 */
struct vring {
	const struct vring_desc *desc;
	const struct vring_avail *avail;
	struct vring_used *used;
	u16		num;		/* power of two, <= VRING_MAX_CHAIN */
	bool		event_idx;
	bool		indirect;
	const char	*broken;	/* why the ring is stopped; NULL: it is not */
	u16		last_avail;	/* taken so far */
	u16		avail_idx;	/* last value read */
	u16		used_idx;	/* returned so far */
};

static inline u32 vring_desc_bytes(u16 num)
{
	return num * sizeof(struct vring_desc);
}

/* with used_event, whether or not it is negotiated */
static inline u32 vring_avail_bytes(u16 num)
{
	return sizeof(u16) * (3 + num);
}

/* with avail_event */
static inline u32 vring_used_bytes(u16 num)
{
	return sizeof(u16) * 3 + sizeof(struct vring_used_elem) * num;
}

/* Checks what a guest wrote for a queue of at most max entries: -EINVAL. */
int vring_check_layout(u16 num, u16 max, u64 desc, u64 avail, u64 used);

/* A ring as it is after QUEUE_ON: nothing taken, nothing returned. */
void vring_init(struct vring *vr, u16 num, const void *desc, const void *avail, void *used,
		bool event_idx, bool indirect);

/*
 * Takes the next request: 1; 0: none waits; -errno: the guest broke the ring
 * (vr->broken tells how).  A broken ring stays so.
 */
int vring_next(struct vring *vr, struct vring_mem *mem, struct vring_chain *c);

/* Returns a request, of which the first len bytes of the writable part were written. */
void vring_put(struct vring *vr, u16 head, u32 len);

/* After one vring_put: does the guest want an event for it? */
bool vring_want_event(struct vring *vr);

/* Several requests that the guest shall see returned at once: fill 0 .. n - 1, then publish n. */
void vring_fill(struct vring *vr, u16 i, u16 head, u32 len);
void vring_publish(struct vring *vr, u16 n);
/* After vring_publish of n: does the guest want an event for one of them? */
bool vring_want_event_of(struct vring *vr, u16 n);

/* The n requests taken last, none of which was returned, were not taken.  By the taking thread. */
void vring_untake(struct vring *vr, u16 n);

/* 'I am polling': the guest need not notify. */
void vring_notify_off(struct vring *vr);
/* While polling: has a request come? */
bool vring_waits(const struct vring *vr);
/* 'I am going to sleep'.  True: a request came meanwhile; look again. */
bool vring_notify_on(struct vring *vr);
/* The same when the requests that wait do not suffice: a notification, or true, for one more. */
bool vring_notify_on_more(struct vring *vr);

#endif /* PVHV_IO_VRING_H */
