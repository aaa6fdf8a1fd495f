// SPDX-License-Identifier: GPL-2.0
/* Requests to the host's kernel about links, addresses and routes (rtnetlink). */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "netlink.h"

#define REQUEST_MAX	512

static unsigned int address_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

struct mnl_socket *netlink_open(void)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (nl && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		netlink_close(nl);
		return NULL;
	}
	return nl;
}

void netlink_close(struct mnl_socket *nl)
{
	int saved = errno;

	mnl_socket_close(nl);
	errno = saved;
}

static struct nlmsghdr *begin(void *buf, unsigned int type, unsigned int flags)
{
	struct nlmsghdr *h;

	memset(buf, 0, REQUEST_MAX);
	h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	h->nlmsg_seq = 1;
	return h;
}

static int talk(struct mnl_socket *nl, const struct nlmsghdr *h)
{
	_Alignas(struct nlmsghdr) char buf[8192];
	ssize_t n;

	if (mnl_socket_sendto(nl, h, h->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (n < 0)
		return -errno;
	if (mnl_cb_run(buf, n, h->nlmsg_seq, mnl_socket_get_portid(nl), NULL, NULL) < 0)
		return -errno;
	return 0;
}

int netlink_link_up(struct mnl_socket *nl, unsigned int ifindex, unsigned int master)
{
	_Alignas(struct nlmsghdr) char buf[REQUEST_MAX];
	struct nlmsghdr *h = begin(buf, RTM_NEWLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = ifindex;
	ifi->ifi_flags = IFF_UP;
	ifi->ifi_change = IFF_UP;
	if (master)
		mnl_attr_put_u32(h, IFLA_MASTER, master);
	return talk(nl, h);
}

int netlink_add_address(struct mnl_socket *nl, unsigned int ifindex, int family, const void *addr,
			unsigned int prefix)
{
	_Alignas(struct nlmsghdr) char buf[REQUEST_MAX];
	struct nlmsghdr *h = begin(buf, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));

	ifa->ifa_family = family;
	ifa->ifa_prefixlen = prefix;
	ifa->ifa_scope = RT_SCOPE_LINK;
	ifa->ifa_index = ifindex;
	mnl_attr_put(h, IFA_LOCAL, address_len(family), addr);
	mnl_attr_put(h, IFA_ADDRESS, address_len(family), addr);
	/* Nobody else is on the link who could have it. */
	if (family == AF_INET6)
		mnl_attr_put_u32(h, IFA_FLAGS, IFA_F_NODAD);
	return talk(nl, h);
}

int netlink_add_route(struct mnl_socket *nl, unsigned int ifindex, int family, const void *to,
		      const void *from)
{
	_Alignas(struct nlmsghdr) char buf[REQUEST_MAX];
	struct nlmsghdr *h = begin(buf, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(h, sizeof(*rtm));

	rtm->rtm_family = family;
	rtm->rtm_dst_len = address_len(family) * 8;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_protocol = RTPROT_STATIC;
	rtm->rtm_scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	rtm->rtm_type = RTN_UNICAST;
	mnl_attr_put(h, RTA_DST, address_len(family), to);
	mnl_attr_put_u32(h, RTA_OIF, ifindex);
	if (from)
		mnl_attr_put(h, RTA_PREFSRC, address_len(family), from);
	return talk(nl, h);
}
