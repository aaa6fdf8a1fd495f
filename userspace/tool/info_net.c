// SPDX-License-Identifier: GPL-2.0
/* The part of 'pvhv info' that tells of network interfaces. */
#include <arpa/inet.h>
#include <stdio.h>

#include "cmd.h"
#include "info_net.h"

typedef unsigned long long ull;

struct words {
	char mac[18], ip4[INET_ADDRSTRLEN], ip6[INET6_ADDRSTRLEN];
};

static void find_words(const struct pvhv_net_info *n, struct words *w)
{
	snprintf(w->mac, sizeof(w->mac), "%02x:%02x:%02x:%02x:%02x:%02x", n->mac[0], n->mac[1],
		 n->mac[2], n->mac[3], n->mac[4], n->mac[5]);
	w->ip4[0] = w->ip6[0] = '\0';
	if (n->flags & PVHV_NET_IP4)
		inet_ntop(AF_INET, n->ip4, w->ip4, sizeof(w->ip4));
	if (n->flags & PVHV_NET_IP6)
		inet_ntop(AF_INET6, n->ip6, w->ip6, sizeof(w->ip6));
}

static const char *way(const struct pvhv_net_info *n)
{
	return n->flags & PVHV_NET_ROUTED ? "routed" : "bridged";
}

static void print_net(const struct pvhv_net_info *n)
{
	struct words w;

	find_words(n, &w);
	printf("net %-7u %.*s, %s, %s, mtu %u, weight %u%s%s%s%s\n", n->index, PVHV_IFNAME_MAX, n->ifname,
	       way(n), w.mac, n->mtu, n->weight, w.ip4[0] ? ", " : "", w.ip4, w.ip6[0] ? ", " : "", w.ip6);
	printf("            dropped: %llu spoofed, %llu refused, %llu malformed, %llu without buffers, %llu foreign\n",
	       (ull)n->spoofed, (ull)n->refused, (ull)n->malformed, (ull)n->no_buffer,
	       (ull)n->foreign);
}

static struct json_object *json_net(const struct pvhv_net_info *n)
{
	struct json_object *o = json_object_new_object();
	struct words w;

	find_words(n, &w);
	json_add_u64(o, "net", n->index);
	json_add_string(o, "interface", n->ifname);
	json_add_string(o, "connection", way(n));
	json_add_string(o, "mac", w.mac);
	if (w.ip4[0])
		json_add_string(o, "address", w.ip4);
	if (w.ip6[0])
		json_add_string(o, "address6", w.ip6);
	json_add_u64(o, "mtu", n->mtu);
	json_add_u64(o, "queue_pairs", n->queues);
	json_add_u64(o, "weight", n->weight);
	json_add_u64(o, "rate_in", n->rate_to);
	json_add_u64(o, "rate_out", n->rate_from);
	json_add_u64(o, "spoofed", n->spoofed);
	json_add_u64(o, "refused", n->refused);
	json_add_u64(o, "malformed", n->malformed);
	json_add_u64(o, "no_buffer", n->no_buffer);
	json_add_u64(o, "foreign", n->foreign);
	return o;
}

int info_nets(int ctl, unsigned int domid, struct json_object *all, struct pvhv_error *err)
{
	struct json_object *array = all ? json_object_new_array() : NULL;
	struct pvhv_net_info n;
	int ret;

	for (unsigned int i = 0; (ret = pvhv_net_next(ctl, domid, i, &n, err)) > 0; i = n.index + 1) {
		if (array)
			json_object_array_add(array, json_net(&n));
		else
			print_net(&n);
	}
	if (array)
		json_object_object_add(all, "net", array);
	return ret;
}
