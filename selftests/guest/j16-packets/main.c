// SPDX-License-Identifier: GPL-2.0
/*
 * J16, J12, J13: the content of packets, and their number.
 * Attack: runts, giants, headers cut to pieces, segmentation and checksum offsets without sense, checksums
 * that the host is to write over who sent it, tags in tags, foreign senders, a flood of broadcasts; receive buffers never
 * given, but announced all the time.
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

static u16 ip_sum(const u8 *p, u32 len)
{
	u32 i, sum = 0;

	for (i = 0; i < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

#define UDP_FRAME	62	/* bytes */
#define UDP_PORT	0x4242

static void ip_set_sum(void)
{
	u16 sum;

	frame[24] = frame[25] = 0;
	sum = ip_sum(frame + 14, 20);
	frame[24] = sum >> 8;
	frame[25] = sum;
}

/* A datagram of this guest for an address that the host forwards to. */
static void udp_frame(const u8 *to)
{
	static const u8 ip[] = { 8, 0, 0x45, 0, 0, 48, 0, 0, 0, 0, 64, 17, 0, 0, 10, 76, 0, 2 };
	static const u8 udp[] = { 0x42, 0x41, 0x42, 0x42, 0, 28, 0, 0 };

	net_arp(net_tx_page[0]);
	memcpy(frame, net_host, sizeof(net_host));
	memcpy(frame + 12, ip, sizeof(ip));
	memcpy(frame + 30, to, 4);
	ip_set_sum();
	memcpy(frame + 34, udp, sizeof(udp));
	memset(frame + 42, 'x', UDP_FRAME - 42);
}

static bool udp_send(const u8 *to, u16 start, u16 offset)
{
	udp_frame(to);
	hdr->flags = NET_NEEDS_CSUM;
	hdr->csum_start = start;
	hdr->csum_offset = offset;
	return net_send(NET_HDR + UDP_FRAME);
}

/* Did a datagram come?  Whatever addresses it has by now. */
static bool udp_received(u8 *got)
{
	u32 i;

	for (i = 0; i < 20; i++) {
		if (!net_receive(got, 300))
			return false;
		if (got[12] == 8 && !got[13] && got[23] == 17 && (got[36] << 8 | got[37]) == UDP_PORT)
			return true;
	}
	return false;
}

/*
 * This driver takes no open checksums, so the host fills them in before it sends a datagram back.  Behind
 * l3 (guest_j.sh) is an interface without Ethernet headers.
 */
static void checksums(void)
{
	static const u8 self[] = { 10, 76, 0, 2 }, l3[] = { 10, 76, 9, 9 };
	static const u16 places[][2] = {
		{ 0, 6 }, { 0, 10 }, { 0, 26 }, { 0, 28 }, { 13, 13 }, { 14, 0 }, { 14, 9 }, { 14, 12 }, { 14, 14 }, { 33, 9 },
	};
	static u8 got[NET_FRAME];
	u32 i, back = 0, bad = 0;

	ok(net_alive(), "the host knows where we are");
	ok(udp_send(self, 34, 6) && udp_received(got), "a datagram for ourselves comes back");
	ok(!memcmp(got + 26, self, 4) && (got[40] || got[41]), "with its source, and its checksum filled in");
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		bad += !udp_send(self, places[i][0], places[i][1]);
		back += udp_received(got);
		bad += !udp_send(l3, places[i][0], places[i][1]);
	}
	same(0, bad, "checksums in place of addresses are taken");
	same(0, back, "and none of them leaves the host");
	ok(net_alive(), "and the host still answers");
}

/* The same with another one's addresses, in place of the host's MAC address and of ours. */
static void sources(void)
{
	static const u8 self[] = { 10, 76, 0, 2 };
	static u8 got[NET_FRAME];
	u32 i, back = 0, bad = 0;

	for (i = 0; i < 6; i++) {
		udp_frame(self);
		frame[6 + i] ^= 4;
		bad += !net_send(NET_HDR + UDP_FRAME);
		back += udp_received(got);
	}
	same(0, back, "no datagram with another MAC address leaves the host");
	for (i = 0, back = 0; i < 4; i++) {
		udp_frame(self);
		frame[26 + i] ^= 1;
		ip_set_sum();
		bad += !net_send(NET_HDR + UDP_FRAME);
		back += udp_received(got);
	}
	same(0, back, "nor one with another IP address");
	same(0, bad, "all of them are taken");
	ok(net_alive() && udp_send(self, 34, 6) && udp_received(got), "one with its own still comes back");
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
		sent += net_repost(FLOOD - sent);
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

/* Announced, but not given: what waits for them must not wait for ever. */
static void no_buffers_but_kicks(void)
{
	static u8 got[NET_FRAME];
	u32 i, bad = 0, old = 0;

	net_init(ALL);
	for (i = 0; i < 20; i++)
		bad += !net_send(net_arp(net_tx_page[0]));
	same(0, bad, "20 requests are taken");
	for (i = 0; i < 30; i++) {
		delay_ms(100);
		net_kick(NET_RX);
	}
	net_fill_rx();
	while (net_receive(got, 500))
		old += net_is_answer(got);
	same(0, old, "3 s of notifications do not keep the answers waiting");
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
	checksums();
	sources();
	tags();
	flood();
	no_buffers();
	no_buffers_but_kicks();
	same(0, net_init(F_VERSION_1), "without any offload");
	net_fill_rx();
	headers();
	ok(!net_broken(), "the device is well");
}
