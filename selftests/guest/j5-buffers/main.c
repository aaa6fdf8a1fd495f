// SPDX-License-Identifier: GPL-2.0
/*
 * J5, J1-J4, J6, J14 for network rings: the buffers of packets.
 * Attack: headers over many descriptors, buffers of the wrong direction, lengths of 4 GiB, addresses of others,
 * page tables to receive into, buffers too small for anything, jumping indexes, resets under traffic.
 * Must happen: the packet is dropped, or the device asks for a reset and works after it.
 * Side: guest.
 */
#include "event.h"
#include "net.h"
#include "start.h"
#include "string.h"
#include "tap.h"

#define FEATURES	(F_VERSION_1 | NET_F_MRG)
#define RESETS		200

static bool wait_broken(void)
{
	u32 i;

	for (i = 0; i < 3000 && !net_broken(); i++)
		delay_ms(1);
	return net_broken();
}

static void again(const char *what)
{
	ok(!net_init(FEATURES), "%s: a reset is taken", what);
	net_fill_rx();
	ok(net_alive(), "%s: after it the host answers", what);
}

/* A descriptor for each byte of header and Ethernet header, the rest in one. */
static void in_pieces(void)
{
	u32 len = net_arp(net_tx_page[0]), i, n = 26;

	for (i = 0; i < n; i++)
		net_set(NET_TX, i, gpa(net_tx_page[0]) + i, 1, DESC_NEXT, i + 1);
	net_set(NET_TX, n, gpa(net_tx_page[0]) + n, len - n, 0, 0);
	net_post(NET_TX, 0);
	net_kick(NET_TX);
	ok(net_wait(NET_TX, NULL, 5000), "a packet in 27 pieces is taken");
	ok(net_wait(NET_RX, &len, 5000) && len >= NET_HDR + 42, "and answered");
	net_post(NET_RX, net_queue[NET_RX].used->ring[(net_queue[NET_RX].seen - 1) % NET_QSIZE].id);
}

static void one_chain(u64 addr, u32 len, u16 flags, bool breaks, const char *what)
{
	net_arp(net_tx_page[0]);
	net_set(NET_TX, 0, addr, len, flags, 0);
	net_post(NET_TX, 0);
	net_kick(NET_TX);
	if (breaks) {
		ok(wait_broken(), "%s: the device asks for a reset", what);
		again(what);
	} else {
		ok(net_wait(NET_TX, NULL, 5000), "%s: dropped", what);
		ok(net_alive(), "%s: the host still answers", what);
	}
}

static void bad_sends(void)
{
	u64 own = gpa(net_tx_page[0]), end = start_info->nr_pages * PAGE;

	one_chain(own, NET_HDR + 42, DESC_WRITE, false, "a buffer for the other direction");
	one_chain(own, 0xffffffff, 0, false, "4 GiB");
	one_chain(own, 5, 0, false, "half a header");
	one_chain(own, 0, 0, true, "nothing");
	one_chain(end, NET_HDR + 42, 0, true, "memory behind the end");
	one_chain(end - 20, NET_HDR + 42, 0, true, "a packet over the end");
	one_chain(~0UL - 10, NET_HDR + 42, 0, true, "a buffer that wraps");
	one_chain(1UL << 52, NET_HDR + 42, 0, true, "memory of nobody");
	one_chain(own, NET_HDR + 42, DESC_INDIRECT, true, "a table that was not agreed on");
}

/* The host's next answer goes into this buffer. */
static void one_receive(u64 addr, u32 len, u16 flags, bool breaks, const char *what)
{
	u32 i;

	net_init(FEATURES);
	for (i = 0; i < NET_QSIZE; i++) {
		net_set(NET_RX, i, addr, len, flags, 0);
		net_post(NET_RX, i);
	}
	net_kick(NET_RX);
	net_send(net_arp(net_tx_page[0]));
	if (breaks)
		ok(wait_broken(), "%s: the device asks for a reset", what);
	else
		ok(!net_wait(NET_RX, NULL, 1500) && !net_broken(), "%s: the packet is dropped", what);
	again(what);
}

static void bad_receives(void)
{
	u64 own = gpa(net_rx_page[0]), pt = start_info->pt_gfn * PAGE;

	one_receive(own, PAGE, 0, true, "receive: read-only");
	one_receive(pt, PAGE, DESC_WRITE, true, "receive: into a page table");
	one_receive(start_info->nr_pages * PAGE, PAGE, DESC_WRITE, true, "receive: behind the end of memory");
	one_receive(own + PAGE - 4, ~0U, DESC_WRITE, true, "receive: over all that follows");
	one_receive(own, 0, DESC_WRITE, true, "receive: empty");
	/* 64 buffers of one byte hold no packet, 54 bytes do */
	one_receive(own, 1, DESC_WRITE, false, "receive: a byte each is 10 short");
}

static void pieces_received(void)
{
	u32 i, len, sum = 0;

	net_init(FEATURES);
	for (i = 0; i < NET_QSIZE; i++) {
		net_set(NET_RX, i, gpa(net_rx_page[0]) + 2 * i, 2, DESC_WRITE, 0);
		net_post(NET_RX, i);
	}
	net_kick(NET_RX);
	net_send(net_arp(net_tx_page[0]));
	for (i = 0; sum < NET_HDR + 42 && net_wait(NET_RX, &len, 3000); i++)
		sum += len;
	same(NET_HDR + 42, sum, "a packet of 54 bytes comes in buffers of two");
	same(27, i, "as many as it needs");
	same(27, ((struct net_hdr *)net_rx_page[0])->num_buffers, "and the header says so");
	same(2, net_rx_page[0][NET_HDR + 21], "it is the answer");
}

static void indexes(void)
{
	static const u16 jumps[] = { NET_QSIZE + 1, 0x8000, 0xffff };
	u32 i, q;

	for (q = 0; q < 2; q++) {
		for (i = 0; i < ARRAY_SIZE(jumps); i++) {
			net_queue[q].avail->idx += jumps[i];
			net_kick(q);
			if (q == NET_RX)
				net_send(net_arp(net_tx_page[0]));
			ok(wait_broken(), "queue %u jumps by %u: the device asks for a reset", q, jumps[i]);
			again("jump");
		}
	}
}

/* Resets while the host has packets in both directions. */
static void resets(void)
{
	u32 i, j, bad = 0;

	for (i = 0; i < RESETS; i++) {
		bad += !!net_init(FEATURES);
		net_fill_rx();
		for (j = 0; j < NET_QSIZE; j++) {
			net_set(NET_TX, j, gpa(net_tx_page[j]), net_arp(net_tx_page[j]), 0, 0);
			net_post(NET_TX, j);
		}
		net_kick(NET_TX);
		if (i & 1)
			blk_ctrl(PVHV_VCTRL_QUEUE_OFF, i >> 1 & 1);
	}
	same(0, bad, "%u resets under traffic", RESETS);
	again("resets");
}

void test(void)
{
	if (net_init(FEATURES))
		guest_panic("the interface does not start");
	net_fill_rx();
	ok(net_alive(), "the host answers");
	in_pieces();
	bad_sends();
	bad_receives();
	pieces_received();
	again("pieces");
	indexes();
	resets();
}
