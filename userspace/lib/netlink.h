/* SPDX-License-Identifier: GPL-2.0 */
/* The few requests to the host's kernel about links, addresses and routes. */
#ifndef PVHV_LIB_NETLINK_H
#define PVHV_LIB_NETLINK_H

#include <stdint.h>

struct mnl_socket;

/* NULL: errno says why. */
struct mnl_socket *netlink_open(void);
void netlink_close(struct mnl_socket *nl);

/* All return 0 or -errno of the kernel. */

/* Sets a link up; master: index of its bridge, or 0. */
int netlink_link_up(struct mnl_socket *nl, unsigned int ifindex, unsigned int master);
/* Adds an address to a link; family AF_INET or AF_INET6. */
int netlink_add_address(struct mnl_socket *nl, unsigned int ifindex, int family, const void *addr,
			unsigned int prefix);
/* A host route over a link, that must not be there yet; from (or NULL): the address that the host uses. */
int netlink_add_route(struct mnl_socket *nl, unsigned int ifindex, int family, const void *to,
		      const void *from);

#endif
