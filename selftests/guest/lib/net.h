/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A driver for the first network interface that does what it is told, also
 * what is wrong: the rings are in the open.  The host is 10.76.0.1.
 * Side: guest.
 */
#ifndef GUEST_NET_H
#define GUEST_NET_H

#include "blk.h"

#define NET_QSIZE	64
#define NET_QSIZE_MAX	128	/* what the host takes */
#define NET_HDR		12	/* of each packet */
#define NET_FRAME	1536

#define NET_F_CSUM	(1UL << 0)
#define NET_F_HOST_TSO4	(1UL << 11)
#define NET_F_MRG	(1UL << 15)

#define NET_RX		0
#define NET_TX		1

struct net_hdr {
	u8 flags, gso_type;
	u16 hdr_len, gso_size, csum_start, csum_offset, num_buffers;
};
#define NET_NEEDS_CSUM	1
#define NET_GSO_TCP4	1

struct net_queue {
	volatile struct blk_desc *desc;
	volatile struct blk_avail *avail;
	volatile struct blk_used *used;
	u16 seen;
};

extern struct net_queue net_queue[2];
/* Descriptors of each ring, NET_QSIZE if nobody sets it before net_init(); a power of two. */
extern u32 net_qsize;

/* One page per descriptor of each ring. */
extern u8 *net_rx_page[NET_QSIZE_MAX], *net_tx_page[NET_QSIZE_MAX];

/* The host's MAC address, as its last answer to net_alive had it. */
extern u8 net_host[6];

/* Its own address. */
extern u8 net_own[4];

/* Reset, features, both queues, running; no receive buffers.  0 or -errno. */
long net_init(u64 features);

void net_set(int queue, unsigned int i, u64 addr, u32 len, u16 flags, u16 next);
void net_post(int queue, u16 head);
void net_kick(int queue);
/* All receive descriptors, a page each, posted. */
void net_fill_rx(void);
/* Waits for one more entry in the used ring (ms); its length through len (or NULL). */
bool net_wait(int queue, u32 *len, u64 ms);
/* The next frame that comes within ms, in NET_FRAME bytes; its buffer is posted again. */
bool net_receive(u8 *frame, u64 ms);
bool net_broken(void);

/* Header of zeros and an ARP request for the host at p; its whole length. */
u32 net_arp(u8 *p);
/* Sends len bytes at the start of net_tx_page[0], and waits until they are taken. */
bool net_send(u32 len);
/* Is it what the host says to that request? */
bool net_is_answer(const u8 *frame);
/* Does any frame that comes within ms hold the host's answer? */
bool net_answered(u64 ms);
/* Up to most packets that the host has taken go to the transmit ring again; how many. */
u32 net_repost(u32 most);
/* Asks the host by ARP and waits for its answer. */
bool net_alive(void);

#endif
