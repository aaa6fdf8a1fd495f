/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One network interface of a guest, as the files of the virtio-net back end see it.
 * Side: host.
 */
#ifndef PVHV_IO_VNET_DEV_H
#define PVHV_IO_VNET_DEV_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/timer.h>

#include <pvhv/ioctl_net.h>
#include "vdev.h"
#include "vnet_rate.h"
#include "vnet_source.h"
#include "vnet_turn.h"

#define VNET_MAX_PAIRS	3
#define VNET_RETURN	16	/* packets of the guest that are returned at once */

/* One direction of a pair: a ring, and what is needed to take from it. */
struct vnet_ring {
	struct vdev_queue *q;
	bool		on;		/* the ring is there */
	struct vring_mem mem;
	struct vring_chain chain;
	u16		nr_used;
	struct vring_used_elem used[VRING_MAX_CHAIN];
};

/* Writers: 'from' the NAPI context of the pair, 'to' the holder of the transmit queue's lock. */
struct vnet_counts {
	u64		spoofed, refused, malformed, no_memory;		/* from */
	u64		no_buffer, foreign, too_big, stalls;		/* to */
	u64		throttled_from, throttled_to;
};

struct vnet_pair {
	struct vnet	*n;
	unsigned int	nr;
	struct vnet_ring from;		/* guest's transmit queue; NAPI, and the thread while it is off */
	struct vnet_ring to;		/* guest's receive queue; the transmit queue's lock */
	struct napi_struct napi;
	struct vnet_turn turn;		/* NAPI */
	bool		turns;		/* it takes turns; NAPI, and the thread while it is off */
	struct hrtimer	from_timer, to_timer;	/* the end of a wait for the rate */
	struct timer_list stall;	/* the guest gives no buffers for long */
	bool		stalled;
	u32		delivered;	/* buffers; the transmit queue's lock */
	u32		watched, kicked;	/* as many when the timer started, and when the guest last kicked; hints */
	bool		to_asked;	/* the guest is to notify; the transmit queue's lock */
	struct vnet_counts counts;
};

struct vnet {
	struct vdev	v;
	struct net_device *dev;		/* as long as this struct */
	struct list_head link;		/* vnets_lock */
	u32		index;
	u32		flags;		/* PVHV_NET_* */
	struct vnet_source source;
	struct vnet_rate rate_from, rate_to;
	u32		weight;
	atomic_t	nr_turns;	/* pairs that take turns */
	bool		attached;	/* v is there */
	unsigned int	nr_pairs;
	unsigned int	used_pairs;	/* thread writes: what the guest asked for */
	struct delayed_work advertise;
	unsigned long	solicited;	/* when the guest last asked for a router; a hint */
	struct vnet_pair pair[];	/* nr_pairs */
};

struct vnet_dev {
	struct vnet	*n;
};

static inline struct vnet *vnet_of(const struct net_device *dev)
{
	return ((struct vnet_dev *)netdev_priv(dev))->n;
}

static inline bool vnet_has(const struct vnet *n, unsigned int feature)
{
	return READ_ONCE(n->v.features) & BIT_ULL(feature);
}

/* --- vnet_dev.c: the host's end --- */

struct net_device *vnet_dev_alloc(struct vnet *n, u32 mtu, const char *ifname);
/* It is not registered, or no longer. */
void vnet_dev_free(struct net_device *dev);
/* n->v is there: tells it whether the interface is up. */
void vnet_dev_attached(struct vnet *n);

/* --- vnet_from.c: packets of the guest --- */

int vnet_from_poll(struct napi_struct *napi, int budget);
/* Any context. */
void vnet_from_schedule(struct vnet_pair *p);
/* p takes turns, or no longer. */
void vnet_from_turns(struct vnet_pair *p, bool on);
enum hrtimer_restart vnet_from_timer(struct hrtimer *t);

/* --- vnet_to.c: packets for the guest --- */

netdev_tx_t vnet_to_xmit(struct sk_buff *skb, struct net_device *dev);
/* The guest says that it has given buffers.  false: nobody had asked, or it said so before and gave none.  Any context. */
bool vnet_to_refilled(struct vnet_pair *p);
enum hrtimer_restart vnet_to_timer(struct hrtimer *t);
void vnet_to_stall(struct timer_list *t);

/* --- vnet_ra.c: router advertisements --- */

/* Any context that may send. */
void vnet_ra_send(struct vnet *n);

#endif /* PVHV_IO_VNET_DEV_H */
