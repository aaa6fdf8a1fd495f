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

/* Asks the host until the device breaks, n times at most: the link may not be up at once. */
static bool ask_until_broken(u32 n)
{
	u32 i, j;

	for (i = 0; i < n && !net_broken(); i++) {
		net_send(net_arp(net_tx_page[0]));
		for (j = 0; j < 20 && !net_broken(); j++)
			delay_ms(1);
	}
	return net_broken();
}

/* The host's answers go into these buffers. */
static void one_receive(u64 features, u64 addr, u32 len, u16 flags, bool breaks, const char *what)
{
	u32 i;

	net_init(features);
	for (i = 0; i < NET_QSIZE; i++) {
		net_set(NET_RX, i, addr, len, flags, 0);
		net_post(NET_RX, i);
	}
	net_kick(NET_RX);
	if (breaks)
		ok(ask_until_broken(200), "%s: the device asks for a reset", what);
	else
		ok(!ask_until_broken(100) && !net_wait(NET_RX, NULL, 100), "%s: the packets are dropped", what);
	again(what);
}

static void bad_receives(void)
{
	u64 own = gpa(net_rx_page[0]), pt = start_info->pt_gfn * PAGE;

	one_receive(FEATURES, own, PAGE, 0, true, "receive: read-only");
	one_receive(FEATURES, pt, PAGE, DESC_WRITE, true, "receive: into a page table");
	one_receive(FEATURES, start_info->nr_pages * PAGE, PAGE, DESC_WRITE, true, "receive: behind the end of memory");
	one_receive(FEATURES, own, 0, DESC_WRITE, true, "receive: empty");
	one_receive(F_VERSION_1, own, 40, DESC_WRITE, false, "receive: too small, and not to be merged");
}

/* Whatever packet comes first: its header says in how many buffers of two bytes it is. */
static void pieces_received(void)
{
	u32 i, len, sum = 0, num = 0;

	net_init(FEATURES);
	for (i = 0; i < NET_QSIZE; i++) {
		net_set(NET_RX, i, gpa(net_rx_page[0]) + 2 * i, 2, DESC_WRITE, 0);
		net_post(NET_RX, i);
	}
	net_kick(NET_RX);
	for (i = 0; i < 100 && !num; i++) {
		net_send(net_arp(net_tx_page[0]));
		if (net_wait(NET_RX, &sum, 50))
			num = ((volatile struct net_hdr *)net_rx_page[0])->num_buffers;
	}
	ok(num >= 27, "a packet of 54 bytes or more comes in buffers of two: %u of them", num);
	for (i = 1; i < num && net_wait(NET_RX, &len, 100); i++)
		sum += len;
	same(num, i, "all are there at once");
	ok(sum == 2 * num || sum + 1 == 2 * num, "and full: %u bytes", sum);
}

static void jump(int queue, u16 by)
{
	bool broken;

	net_queue[queue].avail->idx += by;
	net_kick(queue);
	/* the host looks at the index again when it has used what it knows of */
	broken = queue == NET_RX ? ask_until_broken(300) : wait_broken();
	ok(broken, "queue %u jumps by %u: the device asks for a reset", queue, by);
	again("jump");
}

static void indexes(void)
{
	jump(NET_TX, NET_QSIZE + 1);
	jump(NET_TX, 0x8000);
	jump(NET_TX, 0xffff);
	jump(NET_RX, NET_QSIZE + 1);
	jump(NET_RX, 0x8000);
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
