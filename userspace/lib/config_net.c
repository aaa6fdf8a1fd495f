// SPDX-License-Identifier: GPL-2.0
/* The keys of [netN] sections: values, and what follows from them. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_int.h"
#include "error.h"

#define PREFIX4_DEFAULT	24
#define MTU_MIN		68
#define MTU_MAX		65521
#define RATE_MAX	(8ULL << 30)

static int set_mac(struct reading *rd, const char *value, struct pvhv_error *why)
{
	struct pvhv_net_config *net = rd->net;
	static const uint8_t zero[6];
	struct ether_addr *addr = ether_aton(value);

	if (!addr)
		return error_set(why, -EINVAL, "'%s' is no MAC address (such as 02:00:00:00:00:01)", value);
	if ((addr->ether_addr_octet[0] & 1) || !memcmp(addr->ether_addr_octet, zero, sizeof(zero)))
		return error_set(why, -EINVAL, "'%s' is no address of one interface: its first byte must be even, and not all may be zero",
				 value);
	memcpy(net->mac, addr->ether_addr_octet, sizeof(net->mac));
	return 0;
}

static int set_bridge(struct reading *rd, const char *value, struct pvhv_error *why)
{
	struct pvhv_net_config *net = rd->net;

	if (!value[0] || strlen(value) >= sizeof(net->bridge) || strchr(value, '/'))
		return error_set(why, -EINVAL, "'%s' is no name of an interface", value);
	strcpy(net->bridge, value);
	return 0;
}

static int parse_ip4(const char *value, uint8_t *out, struct pvhv_error *why)
{
	if (inet_pton(AF_INET, value, out) == 1)
		return 0;
	return error_set(why, -EINVAL, "'%s' is no IPv4 address (such as 10.1.0.2)", value);
}

/* The digits behind a slash; -1: not a number. */
static int parse_prefix(const char *digits)
{
	char *end;
	unsigned long n = strtoul(digits, &end, 10);

	return *digits >= '0' && *digits <= '9' && !*end && n <= 128 ? (int)n : -1;
}

static int set_address(struct reading *rd, const char *value, struct pvhv_error *why)
{
	struct pvhv_net_config *net = rd->net;
	char addr[INET_ADDRSTRLEN + 1];
	const char *slash = strchr(value, '/');
	int prefix = slash ? parse_prefix(slash + 1) : PREFIX4_DEFAULT;
	int ret;

	snprintf(addr, sizeof(addr), "%.*s", (int)(slash ? slash - value : (long)strlen(value)), value);
	ret = parse_ip4(addr, net->ip4, why);
	if (ret)
		return ret;
	if (prefix < 8 || prefix > 30)
		return error_set(why, -EINVAL, "'%s': the length of the network's prefix is from 8 to 30", value);
	net->prefix4 = prefix;
	return 0;
}

static int set_gateway(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return parse_ip4(value, rd->net->gateway, why);
}

/* The guest makes the lower half itself, from its MAC address. */
static int set_prefix6(struct reading *rd, const char *value, struct pvhv_error *why)
{
	struct pvhv_net_config *net = rd->net;
	static const uint8_t zero[8];
	char addr[INET6_ADDRSTRLEN + 1];
	const char *slash = strchr(value, '/');
	uint8_t ip[16];

	snprintf(addr, sizeof(addr), "%.*s", (int)(slash ? slash - value : (long)strlen(value)), value);
	if (inet_pton(AF_INET6, addr, ip) != 1 || !slash || strcmp(slash, "/64") || memcmp(ip + 8, zero, 8))
		return error_set(why, -EINVAL, "'%s' is no IPv6 prefix of 64 bits (such as 2001:db8:1:2::/64)", value);
	if (ip[0] == 0xff || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) || !memcmp(ip, zero, 8))
		return error_set(why, -EINVAL, "'%s' is no prefix of addresses that are routed", value);
	memcpy(net->ip6, ip, sizeof(net->ip6));
	net->has_ip6 = 1;
	return 0;
}

static int set_resolver(struct reading *rd, const char *value, struct pvhv_error *why)
{
	struct pvhv_net_config *net = rd->net;
	char *copy = strdup(value), *save, *word;
	int ret = 0;

	if (!copy)
		return error_set(why, -ENOMEM, "out of memory");
	net->nr_resolvers = 0;
	for (word = strtok_r(copy, ", \t", &save); word && !ret; word = strtok_r(NULL, ", \t", &save)) {
		if (net->nr_resolvers == PVHV_MAX_RESOLVERS)
			ret = error_set(why, -EINVAL, "more than %d resolvers", PVHV_MAX_RESOLVERS);
		else
			ret = parse_ip4(word, net->resolver[net->nr_resolvers++], why);
	}
	free(copy);
	return ret;
}

static int set_mtu(struct reading *rd, const char *value, struct pvhv_error *why)
{
	struct pvhv_net_config *net = rd->net;
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (end == value || *end || n < MTU_MIN || n > MTU_MAX)
		return error_set(why, -EINVAL, "'%s' is no number from %d to %d", value, MTU_MIN, MTU_MAX);
	net->mtu = n;
	return 0;
}

static int parse_rate(const char *value, uint64_t *rate, struct pvhv_error *why)
{
	int ret = pvhv_parse_size(value, rate, why);

	if (ret)
		return ret;
	if (!*rate || *rate > RATE_MAX)
		return error_set(why, -EINVAL, "'%s' is not from 1K to 8G (bytes per second)", value);
	return 0;
}

static int set_rate_in(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return parse_rate(value, &rd->net->rate_in, why);
}

static int set_rate_out(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return parse_rate(value, &rd->net->rate_out, why);
}

static int set_net_weight(struct reading *rd, const char *value, struct pvhv_error *why)
{
	return config_parse_weight(value, PVHV_NET_WEIGHT_MAX, &rd->net->weight, why);
}

const struct key config_net_keys[] = {
	{ "address", set_address },
	{ "gateway", set_gateway },
	{ "prefix6", set_prefix6 },
	{ "resolver", set_resolver },
	{ "bridge", set_bridge },
	{ "mac", set_mac },
	{ "mtu", set_mtu },
	{ "rate_in", set_rate_in },
	{ "rate_out", set_rate_out },
	{ "weight", set_net_weight },
	{ NULL, NULL },
};

/* ---- what follows ---- */

static uint32_t number4(const uint8_t *ip)
{
	return (uint32_t)ip[0] << 24 | ip[1] << 16 | ip[2] << 8 | ip[3];
}

static void store4(uint8_t *ip, uint32_t n)
{
	uint32_t be = htonl(n);

	memcpy(ip, &be, sizeof(be));
}

/* Locally administered, and the same each time: FNV-1a of guest and number, its bits mixed. */
static void default_mac(struct pvhv_net_config *net, const char *guest)
{
	uint64_t h = 0xcbf29ce484222325;

	for (const char *p = guest; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3;
	h = (h ^ net->nr) * 0x100000001b3;
	h = (h ^ h >> 31) * 0x7fb5d329728ea185;
	h ^= h >> 27;
	for (int i = 0; i < 6; i++)
		net->mac[i] = h >> (8 * i);
	net->mac[0] = (net->mac[0] & 0xfc) | 2;
}

static int finish_ip4(struct pvhv_net_config *net, struct pvhv_error *why)
{
	uint32_t mask = ~0U << (32 - net->prefix4), ip = number4(net->ip4), first = (ip & mask) + 1;
	uint32_t gateway = number4(net->gateway);

	if (net->ip4[0] == 0 || net->ip4[0] == 127 || net->ip4[0] >= 224)
		return error_set(why, -EINVAL, "address: no guest can have it");
	if (ip == (ip & mask) || ip == (ip | ~mask))
		return error_set(why, -EINVAL, "address: it is the network's own or its broadcast address with /%u",
				 net->prefix4);
	if (!gateway && !net->bridge[0]) {
		gateway = ip == first ? (ip | ~mask) - 1 : first;
		store4(net->gateway, gateway);
	}
	if (gateway && ((gateway ^ ip) & mask))
		return error_set(why, -EINVAL, "gateway: it is not in the network of the address with /%u",
				 net->prefix4);
	if (gateway == ip)
		return error_set(why, -EINVAL, "gateway: it is the guest's own address");
	return 0;
}

int config_net_finish(struct pvhv_net_config *net, const char *guest, struct pvhv_error *why)
{
	static const uint8_t zero[6];

	if (!memcmp(net->mac, zero, sizeof(zero)))
		default_mac(net, guest);
	if (net->has_ip6) {
		if (net->bridge[0])
			return error_set(why, -EINVAL, "prefix6: behind a bridge the router of that network gives it; leave it out");
		net->ip6[8] = net->mac[0] ^ 2;
		memcpy(net->ip6 + 9, net->mac + 1, 2);
		net->ip6[11] = 0xff;
		net->ip6[12] = 0xfe;
		memcpy(net->ip6 + 13, net->mac + 3, 3);
	}
	if (net->prefix4)
		return finish_ip4(net, why);
	if (number4(net->gateway) || net->nr_resolvers)
		return error_set(why, -EINVAL, "gateway and resolver need a line such as 'address = 10.1.0.2/24'");
	if (!net->bridge[0] && !net->has_ip6)
		return error_set(why, -EINVAL,
				 "the interface needs 'address = ...', 'prefix6 = ...' or 'bridge = ...'");
	return 0;
}
