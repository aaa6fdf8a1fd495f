// SPDX-License-Identifier: GPL-2.0
/*
 * Whose addresses a frame claims (kmod/io/vnet_source.c): what a guest says
 * rightly, and each way to say what it may not (row J16, spoofing).
 */
#include <linux/types.h>
#include <string.h>
#include "kselftest_harness.h"
#include "io/vnet_source.h"

#define MAC	2, 0, 0, 0, 0, 9
#define OTHER	2, 0, 0, 0, 0, 10
#define IP4	10, 1, 0, 2
#define IP6	0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0xff, 0xfe, 0, 0, 9
#define LINK6	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 9
#define ROUTER	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
#define ZERO6	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

static const struct vnet_source own = {
	.mac = { MAC }, .routed = true, .has_ip4 = true, .has_ip6 = true,
	.ip4 = { IP4 }, .ip6 = { IP6 }, .link6 = { LINK6 },
};

#define CHECK(want, ...) do { \
	const u8 frame[] = { __VA_ARGS__ }; \
	EXPECT_EQ(want, vnet_source_check(&own, frame, sizeof(frame))); \
} while (0)

#define ETH(...)	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, __VA_ARGS__
#define FRAME4(...)	ETH(MAC), 8, 0, 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, __VA_ARGS__, 10, 1, 0, 1
#define FRAME_ARP(op, ...) ETH(MAC), 8, 6, 0, 1, 8, 0, 6, 4, 0, op, __VA_ARGS__, 0, 0, 0, 0, 0, 0, 10, 1, 0, 1
#define FRAME6(len, next, ...) ETH(MAC), 0x86, 0xdd, 0x60, 0, 0, 0, 0, len, next, 255, __VA_ARGS__, ROUTER

TEST(ethernet)
{
	CHECK(VNET_RUNT, MAC, MAC);
	CHECK(VNET_RUNT, ETH(MAC), 8);
	CHECK(VNET_SPOOF, ETH(OTHER), 8, 0);
	CHECK(VNET_REFUSE, ETH(MAC), 0x81, 0, 0, 1, 8, 0);
	CHECK(VNET_REFUSE, ETH(MAC), 0x88, 0xcc, 0, 0);
	CHECK(VNET_REFUSE, 0x01, 0x80, 0xc2, 0, 0, 0, MAC, 0, 10);
	CHECK(VNET_REFUSE, 0x01, 0x80, 0xc2, 0, 0, 0xe, MAC, 0x88, 0xcc);
}

TEST(bridged)
{
	const u8 spoof[] = { ETH(OTHER), 8, 0 }, vlan[] = { ETH(MAC), 0x81, 0, 0, 1, 8, 0 };
	const u8 stp[] = { 0x01, 0x80, 0xc2, 0, 0, 0, MAC, 0, 10 };
	struct vnet_source s = own;

	s.routed = false;
	EXPECT_EQ(VNET_SPOOF, vnet_source_check(&s, spoof, sizeof(spoof)));
	EXPECT_EQ(VNET_PASS, vnet_source_check(&s, vlan, sizeof(vlan)));
	EXPECT_EQ(VNET_REFUSE, vnet_source_check(&s, stp, sizeof(stp)));
}

TEST(ip4)
{
	CHECK(VNET_PASS, FRAME4(IP4));
	CHECK(VNET_SPOOF, FRAME4(10, 1, 0, 3));
	CHECK(VNET_SPOOF, FRAME4(0, 0, 0, 0));
	CHECK(VNET_RUNT, ETH(MAC), 8, 0, 0x45, 0, 0, 20);
	CHECK(VNET_REFUSE, ETH(MAC), 8, 0, 0x65, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, IP4, 10, 1, 0, 1);
}

TEST(arp)
{
	CHECK(VNET_PASS, FRAME_ARP(1, MAC, IP4));
	CHECK(VNET_PASS, FRAME_ARP(2, MAC, IP4));
	CHECK(VNET_PASS, FRAME_ARP(1, MAC, 0, 0, 0, 0));
	CHECK(VNET_SPOOF, FRAME_ARP(2, MAC, 0, 0, 0, 0));
	CHECK(VNET_SPOOF, FRAME_ARP(1, MAC, 10, 1, 0, 3));
	CHECK(VNET_SPOOF, FRAME_ARP(2, OTHER, IP4));
	CHECK(VNET_REFUSE, FRAME_ARP(3, MAC, IP4));
	CHECK(VNET_RUNT, ETH(MAC), 8, 6, 0, 1, 8, 0, 6, 4, 0, 1);
	CHECK(VNET_REFUSE, ETH(MAC), 8, 6, 0, 1, 8, 0, 8, 4, 0, 1, MAC, IP4, 0, 0, 0, 0, 0, 0, 10, 1, 0, 1);
}

TEST(ip6)
{
	CHECK(VNET_PASS, FRAME6(0, 59, IP6));
	CHECK(VNET_PASS, FRAME6(0, 59, LINK6));
	CHECK(VNET_SPOOF, FRAME6(0, 59, ROUTER));
	CHECK(VNET_SPOOF, FRAME6(0, 59, ZERO6));
	CHECK(VNET_SPOOF, FRAME6(4, 17, ZERO6), 0, 0, 0, 0);
	CHECK(VNET_RUNT, FRAME6(8, 17, IP6), 0, 0, 0, 0);
	CHECK(VNET_RUNT, ETH(MAC), 0x86, 0xdd, 0x60, 0, 0, 0);
	CHECK(VNET_REFUSE, ETH(MAC), 0x86, 0xdd, 0x40, 0, 0, 0, 0, 0, 59, 255, IP6, ROUTER);
}

TEST(neighbours)
{
	/* solicitations: with an address anything, without one its own */
	CHECK(VNET_PASS, FRAME6(24, 58, IP6), 135, 0, 0, 0, 0, 0, 0, 0, ROUTER);
	CHECK(VNET_PASS, FRAME6(24, 58, ZERO6), 135, 0, 0, 0, 0, 0, 0, 0, IP6);
	CHECK(VNET_SPOOF, FRAME6(24, 58, ZERO6), 135, 0, 0, 0, 0, 0, 0, 0, ROUTER);
	CHECK(VNET_PASS, FRAME6(32, 58, IP6), 135, 0, 0, 0, 0, 0, 0, 0, ROUTER, 1, 1, MAC);
	CHECK(VNET_SPOOF, FRAME6(32, 58, IP6), 135, 0, 0, 0, 0, 0, 0, 0, ROUTER, 1, 1, OTHER);
	CHECK(VNET_REFUSE, FRAME6(32, 58, IP6), 135, 0, 0, 0, 0, 0, 0, 0, ROUTER, 1, 0, MAC);
	CHECK(VNET_RUNT, FRAME6(32, 58, IP6), 135, 0, 0, 0, 0, 0, 0, 0, ROUTER, 1, 2, MAC);
	CHECK(VNET_RUNT, FRAME6(8, 58, IP6), 135, 0, 0, 0, 0, 0, 0, 0);
	/* advertisements of its own addresses */
	CHECK(VNET_PASS, FRAME6(24, 58, IP6), 136, 0, 0, 0, 0, 0, 0, 0, IP6);
	CHECK(VNET_PASS, FRAME6(32, 58, LINK6), 136, 0, 0, 0, 0, 0, 0, 0, LINK6, 2, 1, MAC);
	CHECK(VNET_SPOOF, FRAME6(24, 58, IP6), 136, 0, 0, 0, 0, 0, 0, 0, ROUTER);
	CHECK(VNET_SPOOF, FRAME6(32, 58, IP6), 136, 0, 0, 0, 0, 0, 0, 0, IP6, 2, 1, OTHER);
}

TEST(routers)
{
	CHECK(VNET_SOLICIT, FRAME6(8, 58, LINK6), 133, 0, 0, 0, 0, 0, 0, 0);
	CHECK(VNET_SOLICIT, FRAME6(8, 58, ZERO6), 133, 0, 0, 0, 0, 0, 0, 0);
	CHECK(VNET_SPOOF, FRAME6(16, 58, LINK6), 133, 0, 0, 0, 0, 0, 0, 0, 1, 1, OTHER);
	CHECK(VNET_REFUSE, FRAME6(8, 58, LINK6), 134, 0, 0, 0, 0, 0, 0, 0);
	CHECK(VNET_REFUSE, FRAME6(8, 58, LINK6), 137, 0, 0, 0, 0, 0, 0, 0);
	/* behind other headers */
	CHECK(VNET_REFUSE, FRAME6(16, 0, LINK6), 58, 0, 0, 0, 0, 0, 0, 0, 134, 0, 0, 0, 0, 0, 0, 0);
	CHECK(VNET_REFUSE, FRAME6(24, 60, LINK6), 43, 0, 0, 0, 0, 0, 0, 0, 58, 0, 0, 0, 0, 0, 0, 0, 134, 0, 0, 0, 0, 0, 0, 0);
	CHECK(VNET_REFUSE, FRAME6(16, 44, LINK6), 58, 0, 0, 1, 0, 0, 0, 0, 134, 0, 0, 0, 0, 0, 0, 0);
	CHECK(VNET_PASS, FRAME6(16, 44, LINK6), 58, 0, 0, 1, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0);
	CHECK(VNET_REFUSE, FRAME6(8, 60, LINK6), 58, 200, 0, 0, 0, 0, 0, 0);
	CHECK(VNET_PASS, FRAME6(16, 0, ZERO6), 58, 0, 5, 2, 0, 0, 1, 0, 143, 0, 0, 0, 0, 0, 0, 0);
}

TEST(without_addresses)
{
	struct vnet_source s = own;
	const u8 ip4[] = { FRAME4(IP4) }, arp[] = { FRAME_ARP(1, MAC, IP4) };
	const u8 ip6[] = { FRAME6(0, 59, IP6) }, link6[] = { FRAME6(0, 59, LINK6) };

	s.has_ip4 = false;
	s.has_ip6 = false;
	EXPECT_EQ(VNET_SPOOF, vnet_source_check(&s, ip4, sizeof(ip4)));
	EXPECT_EQ(VNET_SPOOF, vnet_source_check(&s, arp, sizeof(arp)));
	EXPECT_EQ(VNET_SPOOF, vnet_source_check(&s, ip6, sizeof(ip6)));
	EXPECT_EQ(VNET_PASS, vnet_source_check(&s, link6, sizeof(link6)));
}

#define SUM(want, start, offset, segments, ...) do { \
	const u8 frame[] = { __VA_ARGS__ }; \
	EXPECT_EQ(want, vnet_checksum_ok(frame, sizeof(frame), start, offset, segments)); \
} while (0)

#define IN4(...)	ETH(MAC), __VA_ARGS__, 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, IP4, 10, 1, 0, 1
#define PLAIN4		8, 0
#define TAGGED4		0x81, 0, 0, 1, 8, 0
#define TAGGED_TWICE4	0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 8, 0

/* Behind the headers it is the guest's own affair; in them it would change who sends. */
TEST(checksums_ip4)
{
	u32 start;

	for (start = 0; start < 34; start++) {
		SUM(false, start, 6, false, IN4(PLAIN4));
		SUM(false, start, 16, false, IN4(PLAIN4));
	}
	SUM(true, 34, 16, false, IN4(PLAIN4));
	SUM(true, 34, 6, false, IN4(PLAIN4));
	SUM(true, 84, 16, false, IN4(PLAIN4));
	SUM(false, 34, 17, false, IN4(PLAIN4));
	SUM(false, 34, 0xffff, false, IN4(PLAIN4));
	SUM(false, 37, 16, false, IN4(TAGGED4));
	SUM(true, 38, 16, false, IN4(TAGGED4));
	SUM(false, 41, 16, false, IN4(TAGGED_TWICE4));
	SUM(true, 42, 16, false, IN4(TAGGED_TWICE4));
	/* segments: of TCP, right behind the header */
	SUM(true, 34, 16, true, IN4(PLAIN4));
	SUM(false, 34, 6, true, IN4(PLAIN4));
	SUM(false, 54, 16, true, IN4(PLAIN4));
	SUM(false, 34, 16, true, FRAME4(IP4));	/* UDP */
}

TEST(checksums_of_odd_frames)
{
	/* options, a fragment, another version, no IP at all, cut */
	SUM(false, 34, 16, false, ETH(MAC), 8, 0, 0x46, 0, 0, 24, 0, 0, 0, 0, 64, 6, 0, 0, IP4, 10, 1, 0, 1, 0, 0, 0, 0);
	SUM(true, 38, 16, false, ETH(MAC), 8, 0, 0x46, 0, 0, 24, 0, 0, 0, 0, 64, 6, 0, 0, IP4, 10, 1, 0, 1, 0, 0, 0, 0);
	SUM(false, 34, 16, false, ETH(MAC), 8, 0, 0x44, 0, 0, 24, 0, 0, 0, 0, 64, 6, 0, 0, IP4, 10, 1, 0, 1);
	SUM(false, 34, 16, false, ETH(MAC), 8, 0, 0x45, 0, 0, 20, 0, 0, 0x20, 0, 64, 6, 0, 0, IP4, 10, 1, 0, 1);
	SUM(false, 34, 16, false, ETH(MAC), 8, 0, 0x45, 0, 0, 20, 0, 0, 0, 1, 64, 6, 0, 0, IP4, 10, 1, 0, 1);
	SUM(false, 34, 16, false, ETH(MAC), 8, 0, 0x65, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, IP4, 10, 1, 0, 1);
	SUM(false, 60, 6, false, FRAME_ARP(1, MAC, IP4));
	SUM(false, 60, 6, false, ETH(MAC), 0x88, 0x47, 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, IP4, 10, 1, 0, 1);
	SUM(false, 60, 6, false, ETH(MAC), 0x81, 0, 0);
	SUM(false, 60, 6, false, ETH(MAC), 8);
	SUM(false, 60, 6, false, ETH(MAC), 8, 0, 0x45, 0, 0, 20);
}

TEST(checksums_ip6)
{
	u32 start;

	for (start = 0; start < 54; start++) {
		SUM(false, start, 6, false, FRAME6(0, 6, IP6));
		SUM(false, start, 16, false, FRAME6(0, 6, IP6));
	}
	SUM(true, 54, 16, false, FRAME6(0, 6, IP6));
	SUM(true, 54, 16, true, FRAME6(0, 6, IP6));
	SUM(false, 54, 6, true, FRAME6(0, 17, IP6));
	/* behind extension headers, not in them */
	SUM(false, 54, 16, false, FRAME6(8, 0, IP6), 6, 0, 0, 0, 0, 0, 0, 0);
	SUM(true, 62, 16, false, FRAME6(8, 0, IP6), 6, 0, 0, 0, 0, 0, 0, 0);
	SUM(false, 62, 16, false, FRAME6(8, 0, IP6), 6, 1, 0, 0, 0, 0, 0, 0);
	SUM(false, 62, 16, false, FRAME6(8, 44, IP6), 6, 0, 0, 1, 0, 0, 0, 0);
	/* ICMPv6 names addresses, too */
	SUM(false, 54, 2, false, FRAME6(24, 58, IP6), 136, 0, 0, 0, 0, 0, 0, 0, IP6);
	SUM(false, 54, 2, false, ETH(MAC), 0x86, 0xdd, 0x40, 0, 0, 0, 0, 0, 6, 255, IP6, ROUTER);
	SUM(false, 54, 2, false, ETH(MAC), 0x86, 0xdd, 0x60, 0, 0, 0);
}

/* Each prefix of each good frame, at the end of its own memory: no byte behind it is read (ASan). */
TEST(cut_anywhere)
{
	static const u8 frames[][120] = {
		{ FRAME4(IP4) }, { FRAME_ARP(1, MAC, IP4) },
		{ FRAME6(32, 58, IP6), 135, 0, 0, 0, 0, 0, 0, 0, ROUTER, 1, 1, MAC },
		{ FRAME6(40, 0, LINK6), 58, 0, 0, 0, 0, 0, 0, 0, 136, 0, 0, 0, 0, 0, 0, 0, IP6, 2, 1, MAC },
	};
	u32 i, len;

	for (i = 0; i < 4; i++) {
		for (len = 0; len <= sizeof(frames[i]); len++) {
			u8 *p = malloc(len ?: 1);

			memcpy(p, frames[i], len);
			EXPECT_GE(VNET_REFUSE, vnet_source_check(&own, p, len));
			vnet_checksum_ok(p, len, 54, 16, false);
			if (len < 34)
				EXPECT_NE(VNET_PASS, vnet_source_check(&own, p, len));
			free(p);
		}
	}
}

TEST_HARNESS_MAIN
