// SPDX-License-Identifier: GPL-2.0
/*
 * Network interfaces of a guest.  The module makes the host's end; here it
 * gets its place: a port of a bridge, or an address and the routes to the guest.  All of that
 * goes with the interface, and the interface with the domain.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <libmnl/libmnl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <pvhv/ioctl_net.h>

#include "array.h"
#include "error.h"
#include "net.h"
#include "netlink.h"

/* The router that the module speaks of in its advertisements. */
static const uint8_t router6[16] = { 0xfe, 0x80, [15] = 1 };

/* ---- before there is a domain ---- */

static int check_bridge(const struct pvhv_config *c, const struct pvhv_net_config *net,
			struct pvhv_error *err)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", net->bridge);
	if (!access(path, F_OK))
		return 0;
	if (if_nametoindex(net->bridge))
		return error_set(err, -EINVAL, "%s:%u: %s is an interface of the host, but no bridge: name a bridge, or leave 'bridge' out",
				 c->file, net->line, net->bridge);
	return error_set(err, -ENODEV, "%s:%u: the host has no bridge %s: make it ('ip link add %s type bridge' and 'ip link set %s up') or change 'bridge'",
			 c->file, net->line, net->bridge, net->bridge, net->bridge);
}

/* Name of the host's interface with that address, or NULL. */
static const char *address_owner(const struct ifaddrs *all, const uint8_t *ip4)
{
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)a->ifa_addr;

		if (in && in->sin_family == AF_INET && !memcmp(&in->sin_addr, ip4, 4))
			return a->ifa_name;
	}
	return NULL;
}

static int check_address(const struct pvhv_config *c, const struct pvhv_net_config *net,
			 struct pvhv_error *err)
{
	char ip[INET_ADDRSTRLEN];
	struct ifaddrs *all;
	const char *owner;
	int ret = 0;

	if (getifaddrs(&all))
		return error_set(err, -errno, "cannot list the host's addresses: %s", strerror(errno));
	owner = address_owner(all, net->ip4);
	if (owner)
		ret = error_set(err, -EADDRINUSE, "%s:%u: %s is the host's own address on %s: choose another one",
				c->file, net->line, inet_ntop(AF_INET, net->ip4, ip, sizeof(ip)), owner);
	freeifaddrs(all);
	return ret;
}

int net_check(const struct pvhv_config *c, struct pvhv_error *err)
{
	for (unsigned int i = 0; i < c->nr_nets; i++) {
		const struct pvhv_net_config *net = &c->net[i];
		int ret = 0;

		if (net->bridge[0])
			ret = check_bridge(c, net, err);
		if (!ret && net->prefix4)
			ret = check_address(c, net, err);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- the host's end ---- */

static int write_setting(const char *family, const char *kind, const char *ifname, const char *name,
			 const char *value, struct pvhv_error *err)
{
	char path[128];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/%s/%s/%s", family, kind, ifname, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, -errno, "cannot open %s: %s", path, strerror(errno));
	if (write(fd, value, strlen(value)) < 0)
		ret = error_set(err, -errno, "cannot write %s: %s", path, strerror(errno));
	close(fd);
	return ret;
}

/*
 * The host answers for all that the guest may want to reach on its network,
 * at once, and forwards what comes from it.  It believes no router advertisements there.
 */
static int set_behaviour(const char *ifname, int ip6, struct pvhv_error *err)
{
	static const struct {
		const char *family, *kind, *name, *value;
	} settings[] = {
		{ "ipv4", "conf", "forwarding", "1" },
		{ "ipv4", "conf", "proxy_arp", "1" },
		{ "ipv4", "neigh", "proxy_delay", "0" },
		/* it says 'router' in its neighbour advertisements, or the guest forgets its default route */
		{ "ipv6", "conf", "forwarding", "1" },
		{ "ipv6", "conf", "accept_ra", "0" },
		{ "ipv6", "conf", "accept_redirects", "0" },
		{ "ipv6", "conf", "addr_gen_mode", "1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		int ret = write_setting(settings[i].family, settings[i].kind, ifname, settings[i].name,
					settings[i].value, err);

		/* a host may be without IPv6 */
		if (ret && (ip6 || strcmp(settings[i].family, "ipv6")))
			return ret;
	}
	return 0;
}

static int fail(struct pvhv_error *err, int code, const char *ifname, const char *what)
{
	return error_set(err, code, "%s: cannot %s: %s", ifname, what, strerror(-code));
}

static int route_refused(struct pvhv_error *err, int code, int family, const uint8_t *ip)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family, ip, text, sizeof(text));
	if (code == -EEXIST)
		return error_set(err, code, "the host has a route to %s already ('ip route show %s'): remove it, or choose another address",
				 text, text);
	return error_set(err, code, "cannot add a route to %s: %s", text, strerror(-code));
}

static int route_ip4(struct mnl_socket *nl, const struct pvhv_dom_net *arg,
		     const struct pvhv_net_config *net, struct pvhv_error *err)
{
	int ret = netlink_add_address(nl, arg->ifindex, AF_INET, net->gateway, 32);

	if (ret)
		return fail(err, ret, arg->ifname, "add the gateway's address");
	ret = netlink_add_route(nl, arg->ifindex, AF_INET, net->ip4, net->gateway);
	return ret ? route_refused(err, ret, AF_INET, net->ip4) : 0;
}

static int route_ip6(struct mnl_socket *nl, const struct pvhv_dom_net *arg,
		     const struct pvhv_net_config *net, struct pvhv_error *err)
{
	int ret = netlink_add_address(nl, arg->ifindex, AF_INET6, router6, 64);

	if (ret)
		return fail(err, ret, arg->ifname, "add the address fe80::1");
	ret = netlink_add_route(nl, arg->ifindex, AF_INET6, net->ip6, NULL);
	return ret ? route_refused(err, ret, AF_INET6, net->ip6) : 0;
}

static int connect_routed(struct mnl_socket *nl, const struct pvhv_dom_net *arg,
			  const struct pvhv_net_config *net, struct pvhv_error *err)
{
	int ret = set_behaviour(arg->ifname, net->has_ip6, err);

	if (ret)
		return ret;
	ret = netlink_link_up(nl, arg->ifindex, 0);
	if (ret)
		return fail(err, ret, arg->ifname, "set it up");
	if (net->prefix4)
		ret = route_ip4(nl, arg, net, err);
	if (!ret && net->has_ip6)
		ret = route_ip6(nl, arg, net, err);
	return ret;
}

static int connect_bridge(struct mnl_socket *nl, const struct pvhv_dom_net *arg,
			  const struct pvhv_net_config *net, struct pvhv_error *err)
{
	unsigned int bridge = if_nametoindex(net->bridge);
	int ret = bridge ? netlink_link_up(nl, arg->ifindex, bridge) : -ENODEV;

	if (ret)
		return error_set(err, ret, "%s cannot become a port of the bridge %s: %s", arg->ifname,
				 net->bridge, strerror(-ret));
	return 0;
}

static int connect_net(const struct pvhv_dom_net *arg, const struct pvhv_net_config *net,
		       struct pvhv_error *err)
{
	struct mnl_socket *nl = netlink_open();
	int ret;

	if (!nl)
		return error_set(err, -errno, "cannot ask the host's kernel for routes: %s", strerror(errno));
	if (net->bridge[0])
		ret = connect_bridge(nl, arg, net, err);
	else
		ret = connect_routed(nl, arg, net, err);
	netlink_close(nl);
	return ret;
}

static int attach_one(int dom, const struct pvhv_net_config *net, struct pvhv_error *err)
{
	struct pvhv_dom_net arg = {
		.size = sizeof(arg),
		.flags = (net->bridge[0] ? 0 : PVHV_NET_ROUTED) | (net->prefix4 ? PVHV_NET_IP4 : 0) |
			 (net->has_ip6 ? PVHV_NET_IP6 : 0),
		.index = net->nr,
		.mtu = net->mtu,
		.weight = net->weight,
		.rate_from = net->rate_out,
		.rate_to = net->rate_in,
	};

	memcpy(arg.mac, net->mac, sizeof(arg.mac));
	if (net->prefix4)
		memcpy(arg.ip4, net->ip4, sizeof(arg.ip4));
	if (net->has_ip6)
		memcpy(arg.ip6, net->ip6, sizeof(arg.ip6));
	if (ioctl(dom, PVHV_DOM_NET, &arg))
		return error_kernel(err, -errno, arg.msg, "cannot attach the interface net%u", net->nr);
	return connect_net(&arg, net, err);
}

int net_attach(int dom, const struct pvhv_config *c, struct pvhv_error *err)
{
	for (unsigned int i = 0; i < c->nr_nets; i++) {
		struct pvhv_error why;
		int ret = attach_one(dom, &c->net[i], &why);

		if (ret)
			return error_set(err, ret, "%.200s:%u: %.400s", c->file, c->net[i].line, why.text);
	}
	return 0;
}

/* ---- the guest's end ---- */

static int has_parameter(const char *cmdline, const char *name)
{
	const char *p = cmdline;

	while (p && (p = strstr(p, name))) {
		if (p == cmdline || p[-1] == ' ')
			return 1;
		p++;
	}
	return 0;
}

/*
 * ip=ADDRESS::GATEWAY:MASK::DEVICE:off:RESOLVER:RESOLVER; the guest counts its interfaces from eth0.
 * 0.0.0.0 is none: an empty field leaves what an earlier parameter said.
 */
static void print_parameter(FILE *f, const struct pvhv_net_config *net, unsigned int nr, int first)
{
	static const uint8_t none[4];
	char ip[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN], mask[INET_ADDRSTRLEN];
	char resolver[PVHV_MAX_RESOLVERS][INET_ADDRSTRLEN] = { "" };
	uint32_t bits = htonl(~0U << (32 - net->prefix4));

	inet_ntop(AF_INET, net->ip4, ip, sizeof(ip));
	inet_ntop(AF_INET, &bits, mask, sizeof(mask));
	inet_ntop(AF_INET, first ? net->gateway : none, gateway, sizeof(gateway));
	for (unsigned int i = 0; i < net->nr_resolvers; i++)
		inet_ntop(AF_INET, net->resolver[i], resolver[i], sizeof(resolver[i]));
	fprintf(f, " ip=%s::%s:%s::eth%u:off:%s:%s", ip, gateway, mask, nr, resolver[0], resolver[1]);
}

/* The kernel takes the last one, and sets up that interface alone: it is the first one's. */
static void print_parameters(FILE *f, const struct pvhv_config *c)
{
	unsigned int first;

	for (first = 0; first < c->nr_nets && !c->net[first].prefix4; first++)
		;
	for (unsigned int i = c->nr_nets; i-- > first;)
		if (c->net[i].prefix4)
			print_parameter(f, &c->net[i], i, i == first);
}

char *net_cmdline(const struct pvhv_config *c)
{
	const char *old = c->cmdline ? c->cmdline : "";
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	if (!f)
		return NULL;
	fputs(old, f);
	if (!has_parameter(old, "ip="))
		print_parameters(f, c);
	if (fclose(f)) {
		free(out);
		return NULL;
	}
	return out;
}

/* ---- what there is ---- */

int pvhv_net_next(int ctl, unsigned int domid, unsigned int index, struct pvhv_net_info *info,
		  struct pvhv_error *err)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->domid = domid;
	info->index = index;
	if (!ioctl(ctl, PVHV_IOC_NET_INFO, info))
		return 1;
	if (errno == ENOENT)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot read the guest's network interfaces");
}
