// SPDX-License-Identifier: GPL-2.0
/*
 * Router advertisements: how a guest gets its IPv6 address and default route.
 * Side: host.  Process context.
 *
 * They say: the prefix of the guest's address, for autoconfiguration only (no
 * other guest is on this link), and that fe80::1, which is the host, is the router.
 */
#include <linux/etherdevice.h>
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/if_inet6.h>
#include <net/ip6_checksum.h>
#include <net/ndisc.h>

#include "io/vnet_dev.h"

#define RA_LIFETIME	65535	/* seconds, the most there is; sent again in time, see vnet.c */
#define RA_OPT_PREFIX	3
#define RA_OPT_MTU	5
#define RA_OPT_SOURCE	1
#define RA_PREFIX_AUTO	0x40

struct ra_packet {
	struct ethhdr	eth;
	struct ipv6hdr	ip;
	/* what the checksum covers */
	struct ra_body {
		struct icmp6hdr	icmp;
		__be32		reachable, retrans;
		u8		source[8];
		u8		mtu_type, mtu_len;
		__be16		mtu_reserved;
		__be32		mtu;
		u8		prefix_type, prefix_len, prefix_bits, prefix_flags;
		__be32		valid, preferred, reserved;
		struct in6_addr	prefix;
	} __packed body;
} __packed;

static const struct in6_addr ra_router = { { { 0xfe, 0x80, [15] = 1 } } };
static const struct in6_addr ra_all_nodes = { { { 0xff, 0x02, [15] = 1 } } };

static void ra_fill_body(const struct vnet *n, struct ra_body *b)
{
	b->icmp.icmp6_type = NDISC_ROUTER_ADVERTISEMENT;
	b->icmp.icmp6_hop_limit = 64;
	b->icmp.icmp6_rt_lifetime = htons(RA_LIFETIME);
	b->source[0] = RA_OPT_SOURCE;
	b->source[1] = 1;
	ether_addr_copy(b->source + 2, n->dev->dev_addr);
	b->mtu_type = RA_OPT_MTU;
	b->mtu_len = 1;
	b->mtu = htonl(READ_ONCE(n->dev->mtu));
	b->prefix_type = RA_OPT_PREFIX;
	b->prefix_len = 4;
	b->prefix_bits = 64;
	b->prefix_flags = RA_PREFIX_AUTO;
	b->valid = htonl(~0U);
	b->preferred = htonl(~0U);
	memcpy(&b->prefix, n->source.ip6, 8);
	b->icmp.icmp6_cksum = csum_ipv6_magic(&ra_router, &ra_all_nodes, sizeof(*b), IPPROTO_ICMPV6,
					      csum_partial(b, sizeof(*b), 0));
}

static void ra_fill(const struct vnet *n, struct ra_packet *p)
{
	memset(p, 0, sizeof(*p));
	ipv6_eth_mc_map(&ra_all_nodes, p->eth.h_dest);
	ether_addr_copy(p->eth.h_source, n->dev->dev_addr);
	p->eth.h_proto = htons(ETH_P_IPV6);
	p->ip.version = 6;
	p->ip.payload_len = htons(sizeof(p->body));
	p->ip.nexthdr = IPPROTO_ICMPV6;
	p->ip.hop_limit = 255;
	p->ip.saddr = ra_router;
	p->ip.daddr = ra_all_nodes;
	ra_fill_body(n, &p->body);
}

void vnet_ra_send(struct vnet *n)
{
	struct sk_buff *skb = netdev_alloc_skb(n->dev, sizeof(struct ra_packet));

	if (!skb)
		return;
	ra_fill(n, skb_put(skb, sizeof(struct ra_packet)));
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb->protocol = htons(ETH_P_IPV6);
	dev_queue_xmit(skb);
}
