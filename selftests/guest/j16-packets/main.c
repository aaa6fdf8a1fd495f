// SPDX-License-Identifier: GPL-2.0
/*
 * J16, J12, J13: the content of packets, and their number.
 * Attack: runts, giants, headers cut to pieces, segmentation and checksum offsets without sense, tags in
 * tags, foreign senders, a flood of broadcasts; receive buffers never given.
 * Must happen: each is taken and dropped, the host's answers go on, the host has nothing to complain of.
 * Side: guest.
 */
#include "event.h"
#include "net.h"
#include "string.h"
#include "tap.h"

#define ALL	(F_VERSION_1 | NET_F_CSUM | NET_F_HOST_TSO4 | NET_F_MRG)
#define FLOOD	10000

static struct net_hdr *hdr;
static u8 *frame;

static u64 random_bits(void)
{
	static u64 x = 88172645463325252UL;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

/* Packets of all lengths up to a page; with the bytes of an ARP request, or of a TCP segment. */
static void lengths(void)
{
	u32 len, bad = 0;

	for (len = 1; len < PAGE; len += len < 80 ? 1 : 61) {
		net_arp(net_tx_page[0]);
		bad += !net_send(len);
	}
	same(0, bad, "packets of 1 to 4,000 bytes are taken");
	ok(net_alive(), "and the host still answers");
}

static void tcp_frame(void)
{
	static const u8 ip[] = { 8, 0, 0x45, 0, 1, 0, 0, 0, 0, 0, 64, 6, 0, 0, 10, 76, 0, 2, 10, 76, 0, 1 };

	net_arp(net_tx_page[0]);
	memcpy(frame + 12, ip, sizeof(ip));
	memset(frame + 34, 0x50, 300);
}

static void headers(void)
{
	u32 i, bad = 0;

	for (i = 0; i < 3000; i++) {
		u64 r = random_bits();

		tcp_frame();
		hdr->flags = r;
		hdr->gso_type = r >> 8 & (i & 1 ? 0xff : 0x85);
		hdr->hdr_len = r >> 16;
		hdr->gso_size = i % 3 ? r >> 32 & 0xff : r >> 32;
		hdr->csum_start = i % 5 ? r >> 48 & 0x3f : r >> 48;
		hdr->csum_offset = i % 7 ? r >> 40 & 0x1f : r >> 40;
		hdr->num_buffers = r >> 24;
		bad += !net_send(NET_HDR + 34 + (r >> 20) % 300);
	}
	same(0, bad, "3,000 headers without sense are taken");
	ok(net_alive(), "and the host still answers");
}

static void offsets(void)
{
	static const u16 edges[] = { 0, 1, 13, 14, 33, 34, 50, 333, 334, 335, 1000, 0x7fff, 0xfffe, 0xffff };
	u32 i, j, bad = 0;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		for (j = 0; j < ARRAY_SIZE(edges); j++) {
			tcp_frame();
			hdr->flags = NET_NEEDS_CSUM;
			hdr->csum_start = edges[i];
			hdr->csum_offset = edges[j];
			hdr->gso_type = j & 1 ? NET_GSO_TCP4 : 0;
			hdr->gso_size = j * 100;
			bad += !net_send(NET_HDR + 334);
		}
	}
	same(0, bad, "checksums at all edges are taken");
	ok(net_alive(), "and the host still answers");
}

static void tags(void)
{
	u32 i;

	net_arp(net_tx_page[0]);
	for (i = 0; i < 8; i++) {
		frame[12 + 4 * i] = i & 1 ? 0x88 : 0x81;
		frame[13 + 4 * i] = i & 1 ? 0xa8 : 0;
		frame[14 + 4 * i] = 0;
		frame[15 + 4 * i] = 1;
	}
	ok(net_send(NET_HDR + 100), "eight tags are taken");
	net_arp(net_tx_page[0]);
	frame[6] ^= 4;
	ok(net_send(NET_HDR + 42), "so is another sender");
	ok(net_alive(), "and the host still answers");
}

/* A ring full of broadcasts, again and again; what the host returns is posted at once. */
static void flood(void)
{
	struct net_queue *q = &net_queue[NET_TX];
	u64 end = rdtsc() + 120000 * ticks_per_ms();
	u32 i, sent = 0;

	for (i = 0; i < NET_QSIZE; i++) {
		u32 len = net_arp(net_tx_page[i]);

		net_set(NET_TX, i, gpa(net_tx_page[i]), len, 0, 0);
	}
	for (i = 0; i < NET_QSIZE; i++, sent++)
		net_post(NET_TX, i);
	while (sent < FLOOD && rdtsc() < end) {
		net_kick(NET_TX);
		while (q->seen != q->used->idx && sent < FLOOD) {
			net_post(NET_TX, q->used->ring[q->seen % NET_QSIZE].id % NET_QSIZE);
			q->seen++;
			sent++;
		}
	}
	same(FLOOD, sent, "%u broadcasts are taken", FLOOD);
	while (net_wait(NET_TX, NULL, 500))
		;
	ok(!net_broken(), "the device is well");
}

/* Nobody collects the host's answers: it drops them, and works on. */
static void no_buffers(void)
{
	u32 i, bad = 0;

	net_init(ALL);
	for (i = 0; i < 2000; i++)
		bad += !net_send(net_arp(net_tx_page[0]));
	same(0, bad, "2,000 requests without a buffer for an answer are taken");
	delay_ms(1500);
	net_fill_rx();
	ok(net_alive(), "with buffers the answers come");
}

void test(void)
{
	if (net_init(ALL))
		guest_panic("the interface does not start");
	hdr = (struct net_hdr *)net_tx_page[0];
	frame = net_tx_page[0] + NET_HDR;
	net_fill_rx();
	ok(net_alive(), "the host answers");
	lengths();
	headers();
	offsets();
	tags();
	flood();
	no_buffers();
	same(0, net_init(F_VERSION_1), "without any offload");
	net_fill_rx();
	headers();
	ok(!net_broken(), "the device is well");
}
