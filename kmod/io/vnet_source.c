// SPDX-License-Identifier: GPL-2.0
/*
 * Whose addresses does a guest's frame claim, and may they be written over?
 * Side: host.  Any context; no state, no locks.
 *
 * On a routed interface a guest speaks IPv4, ARP and IPv6 under its own
 * addresses, and nothing else.  The host itself is the router there: what only
 * routers say is refused, also behind extension headers.
 */
#include <linux/string.h>
#include <linux/types.h>

#include "vnet_source.h"

#define ETH_LEN		14
#define ETH_TYPE	12
#define TYPE_IP4	0x0800
#define TYPE_ARP	0x0806
#define TYPE_IP6	0x86dd
#define TYPE_VLAN	0x8100
#define TYPE_QINQ	0x88a8
#define VLAN_TAG	4

#define IP4_LEN		20
#define IP4_FRAGMENT	6
#define IP4_NEXT	9
#define IP4_SRC		12
#define ARP_LEN		28
#define ARP_OP		6
#define ARP_MAC		8
#define ARP_IP		14
#define IP6_LEN		40
#define IP6_NEXT	6
#define IP6_SRC		8

#define NEXT_HOP	0
#define NEXT_TCP	6
#define NEXT_ROUTING	43
#define NEXT_FRAGMENT	44
#define NEXT_ICMP6	58
#define NEXT_DEST	60
#define MAX_EXTENSIONS	8

#define ICMP6_RS	133
#define ICMP6_RA	134
#define ICMP6_NS	135
#define ICMP6_NA	136
#define ICMP6_REDIRECT	137
#define ICMP6_MLD2	143
#define ND_TARGET	8
#define ND_LEN		24	/* of NS and NA before their options */
#define RS_LEN		8
#define ND_OPT_SOURCE	1
#define ND_OPT_TARGET	2

#define TCP_CHECKSUM	16	/* no header has its checksum further behind */

static const u8 zeros[16];

static u16 get16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

void vnet_source_eui64(const u8 *mac, u8 *id)
{
	id[0] = mac[0] ^ 2;
	id[1] = mac[1];
	id[2] = mac[2];
	id[3] = 0xff;
	id[4] = 0xfe;
	id[5] = mac[3];
	id[6] = mac[4];
	id[7] = mac[5];
}

static enum vnet_verdict check_ip4(const struct vnet_source *s, const u8 *ip, u32 len)
{
	if (len < IP4_LEN)
		return VNET_RUNT;
	if (ip[0] >> 4 != 4)
		return VNET_REFUSE;
	return s->has_ip4 && !memcmp(ip + IP4_SRC, s->ip4, 4) ? VNET_PASS : VNET_SPOOF;
}

/* An address that is sought for use (RFC 5227) has no sender's IP yet. */
static enum vnet_verdict check_arp(const struct vnet_source *s, const u8 *arp, u32 len)
{
	static const u8 ethernet_ip4[6] = { 0, 1, 8, 0, 6, 4 };
	u16 op;

	if (len < ARP_LEN)
		return VNET_RUNT;
	op = get16(arp + ARP_OP);
	if (memcmp(arp, ethernet_ip4, sizeof(ethernet_ip4)) || (op != 1 && op != 2))
		return VNET_REFUSE;
	if (!s->has_ip4 || memcmp(arp + ARP_MAC, s->mac, 6))
		return VNET_SPOOF;
	if (op == 1 && !memcmp(arp + ARP_IP, zeros, 4))
		return VNET_PASS;
	return !memcmp(arp + ARP_IP, s->ip4, 4) ? VNET_PASS : VNET_SPOOF;
}

static bool own_ip6(const struct vnet_source *s, const u8 *addr)
{
	return !memcmp(addr, s->link6, 16) || (s->has_ip6 && !memcmp(addr, s->ip6, 16));
}

/* A link-layer address that the sender gives for itself is its own. */
static enum vnet_verdict check_nd_options(const struct vnet_source *s, const u8 *opt, u32 len)
{
	u32 size;

	for (; len; opt += size, len -= size) {
		if (len < 8)
			return VNET_RUNT;
		size = opt[1] * 8;
		if (!size)
			return VNET_REFUSE;
		if (size > len)
			return VNET_RUNT;
		if ((opt[0] == ND_OPT_SOURCE || opt[0] == ND_OPT_TARGET) && memcmp(opt + 2, s->mac, 6))
			return VNET_SPOOF;
	}
	return VNET_PASS;
}

/* from: the address in the IP header, or NULL: none. */
static enum vnet_verdict check_icmp6(const struct vnet_source *s, const u8 *from,
				     const u8 *icmp, u32 len)
{
	enum vnet_verdict v;

	if (len < 4)
		return VNET_RUNT;
	switch (icmp[0]) {
	case ICMP6_RA:
	case ICMP6_REDIRECT:
		return VNET_REFUSE;
	case ICMP6_RS:
		if (len < RS_LEN)
			return VNET_RUNT;
		v = check_nd_options(s, icmp + RS_LEN, len - RS_LEN);
		return v == VNET_PASS ? VNET_SOLICIT : v;
	case ICMP6_NS:
		/* without an address it asks whether one that it wants is free */
		if (len < ND_LEN)
			return VNET_RUNT;
		if (!from && !own_ip6(s, icmp + ND_TARGET))
			return VNET_SPOOF;
		return check_nd_options(s, icmp + ND_LEN, len - ND_LEN);
	case ICMP6_NA:
		if (len < ND_LEN)
			return VNET_RUNT;
		if (!from || !own_ip6(s, icmp + ND_TARGET))
			return VNET_SPOOF;
		return check_nd_options(s, icmp + ND_LEN, len - ND_LEN);
	case ICMP6_MLD2:
		return VNET_PASS;
	default:
		return from ? VNET_PASS : VNET_SPOOF;
	}
}

/* Length of the extension header at p, or 0: it is not there as a whole. */
static u32 extension_len(u8 type, const u8 *p, u32 len)
{
	u32 size;

	if (len < 8)
		return 0;
	size = type == NEXT_FRAGMENT ? 8 : (p[1] + 1) * 8;
	return size <= len ? size : 0;
}

/* What stands behind an IPv6 header and those that extend it. */
struct ip6_behind {
	const u8	*p;
	u32		left;		/* bytes there that we have */
	u8		next;		/* whose header p is; of a later fragment: was in the first one */
	bool		fragment, first;
};

/* left: what we have behind the header at ip.  false: a header does not fit into it, or there are many. */
static bool skip_extensions(const u8 *ip, u32 left, struct ip6_behind *b)
{
	u32 size, n;

	b->p = ip + IP6_LEN;
	b->left = left;
	b->next = ip[IP6_NEXT];
	b->fragment = false;
	b->first = true;
	for (n = 0; b->next == NEXT_HOP || b->next == NEXT_ROUTING || b->next == NEXT_FRAGMENT ||
	     b->next == NEXT_DEST; n++) {
		size = extension_len(b->next, b->p, b->left);
		if (!size || n == MAX_EXTENSIONS)
			return false;
		if (b->next == NEXT_FRAGMENT) {
			b->fragment = true;
			b->first = !(get16(b->p + 2) & 0xfff8);
		}
		b->next = b->p[0];
		if (!b->first)
			break;
		b->p += size;
		b->left -= size;
	}
	return true;
}

/*
 * What hides behind headers that do not fit into the copy is refused, and so is
 * a fragment of ICMPv6 (RFC 6980), but for what is behind the first: without it that is nothing.
 */
static enum vnet_verdict check_ip6(const struct vnet_source *s, const u8 *ip, u32 len, bool whole)
{
	const u8 *from = ip + IP6_SRC;
	struct ip6_behind b;
	u32 left;

	if (len < IP6_LEN)
		return VNET_RUNT;
	if (ip[0] >> 4 != 6)
		return VNET_REFUSE;
	if (!memcmp(from, zeros, 16))
		from = NULL;
	else if (!own_ip6(s, from))
		return VNET_SPOOF;
	left = len - IP6_LEN;
	if (left > get16(ip + 4))
		left = get16(ip + 4);
	else if (whole && left < get16(ip + 4))
		return VNET_RUNT;
	if (!skip_extensions(ip, left, &b))
		return VNET_REFUSE;
	if (b.next != NEXT_ICMP6)
		return from ? VNET_PASS : VNET_SPOOF;
	if (b.fragment && b.first && b.left && b.p[0] >= ICMP6_RS && b.p[0] <= ICMP6_REDIRECT)
		return VNET_REFUSE;
	if (b.fragment)
		return from ? VNET_PASS : VNET_SPOOF;
	return check_icmp6(s, from, b.p, b.left);
}

enum vnet_verdict vnet_source_check(const struct vnet_source *s, const u8 *frame, u32 len)
{
	/* bridges and their kin: not for guests to say */
	static const u8 link_control[5] = { 0x01, 0x80, 0xc2, 0x00, 0x00 };
	u16 type;

	if (len < ETH_LEN)
		return VNET_RUNT;
	if (memcmp(frame + 6, s->mac, 6))
		return VNET_SPOOF;
	if (!memcmp(frame, link_control, sizeof(link_control)) && frame[5] < 0x10)
		return VNET_REFUSE;
	if (!s->routed)
		return VNET_PASS;
	type = get16(frame + ETH_TYPE);
	frame += ETH_LEN;
	len -= ETH_LEN;
	switch (type) {
	case TYPE_IP4:
		return check_ip4(s, frame, len);
	case TYPE_ARP:
		return check_arp(s, frame, len);
	case TYPE_IP6:
		return check_ip6(s, frame, len, len + ETH_LEN < VNET_SOURCE_HEAD);
	default:
		return VNET_REFUSE;
	}
}

/* Where the headers that were checked end, counted from ip, or 0: no checksum is left open behind them. */
static u32 headers_ip4(const u8 *ip, u32 len, u8 *next)
{
	u32 size;

	if (len < IP4_LEN || ip[0] >> 4 != 4 || (get16(ip + IP4_FRAGMENT) & 0x3fff))
		return 0;
	size = (ip[0] & 15) * 4;
	*next = ip[IP4_NEXT];
	return size < IP4_LEN ? 0 : size;
}

/* The content of ICMPv6 was checked, too. */
static u32 headers_ip6(const u8 *ip, u32 len, u8 *next)
{
	struct ip6_behind b;

	if (len < IP6_LEN || ip[0] >> 4 != 6 || !skip_extensions(ip, len - IP6_LEN, &b) || b.fragment ||
	    b.next == NEXT_ICMP6)
		return 0;
	*next = b.next;
	return b.p - ip;
}

bool vnet_checksum_ok(const u8 *frame, u32 len, u32 start, u32 offset, bool segments)
{
	u32 at = ETH_LEN, size = 0;
	u8 next = 0;
	u16 type;

	if (len < ETH_LEN)
		return false;
	type = get16(frame + ETH_TYPE);
	for (; type == TYPE_VLAN || type == TYPE_QINQ; at += VLAN_TAG) {
		if (len < at + VLAN_TAG)
			return false;
		type = get16(frame + at + 2);
	}
	if (type == TYPE_IP4)
		size = headers_ip4(frame + at, len - at, &next);
	else if (type == TYPE_IP6)
		size = headers_ip6(frame + at, len - at, &next);
	if (!size || start < at + size || offset > TCP_CHECKSUM)
		return false;
	return !segments || (start == at + size && next == NEXT_TCP && offset == TCP_CHECKSUM);
}
