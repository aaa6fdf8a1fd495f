/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of a guest's transmit ring is taken in one turn while other guests send, too: deficit round robin.
 * Side: host.  In the NAPI context of the ring.  selftests/io compiles it as it is.
 *
 * Rings take turns, and each turn is as long as the interface's weight says, in bytes; a packet costs its bytes and
 * what it costs the processor beside them.  The last packet of a turn may overdraw it: the next ones pay, so that shares are
 * right whatever the sizes of packets.  What is left of a turn is lost: nobody saves up.
 */
#ifndef PVHV_IO_VNET_TURN_H
#define PVHV_IO_VNET_TURN_H

#include <linux/types.h>

#include <pvhv/ioctl_net.h>

/* 64 small packets with the largest weight: so many NAPI lets through */
#define TURN_BYTES	(64 << 10)	/* with the default weight */
#define TURN_PACKET	(10 << 10)
#define TURN_ALONE	(TURN_BYTES * PVHV_NET_WEIGHT_MAX / PVHV_NET_WEIGHT)

struct vnet_turn {
	s32		credit;		/* bytes; from minus the largest packet on */
};

/* rings: as many of the interface's take turns now; they share its weight. */
static inline void turn_begin(struct vnet_turn *t, u32 weight, u32 rings)
{
	s32 debt = t->credit < 0 ? t->credit : 0;

	t->credit = debt + (s32)(TURN_BYTES * weight / PVHV_NET_WEIGHT / rings);
}

/* Nobody waits for it: as long as any, and what it owes is forgotten. */
static inline void turn_begin_alone(struct vnet_turn *t)
{
	t->credit = TURN_ALONE;
}

static inline bool turn_goes_on(const struct vnet_turn *t)
{
	return t->credit > 0;
}

static inline void turn_pay(struct vnet_turn *t, u32 bytes)
{
	t->credit -= TURN_PACKET + (s32)bytes;
}

#endif /* PVHV_IO_VNET_TURN_H */
