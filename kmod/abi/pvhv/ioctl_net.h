/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/pvhv: network interfaces of guests.  Rules: see ioctl.h.
 * Side: ABI (module and user space).
 */
#ifndef PVHV_ABI_IOCTL_NET_H
#define PVHV_ABI_IOCTL_NET_H

#include <pvhv/ioctl.h>

#define PVHV_IFNAME_MAX		16

/*
 * On a domain's file, before the start (-EBUSY): attaches a network
 * interface as the next virtio device, and makes its other end, a network
 * interface of the caller's network namespace named pvDOMID.INDEX, which is
 * down.  It goes with the domain.
 * Frames of the guest under another source MAC address are dropped; with
 * PVHV_NET_ROUTED also those under another IP address.
 * -EINVAL: MAC address is zero or a group's, MTU, rate or weight out of range, IP address that no guest can have;
 * -EEXIST: another guest has the MAC or IP address (msg says which), or the name is taken; -ENOSPC: too many devices.
 */
struct pvhv_dom_net {
	__u32	size;
	__u32	flags;		/* PVHV_NET_* */
	__u32	index;		/* the guest's Nth interface, for its name; < 1000 */
	__u32	mtu;		/* 68 to 65521; 0 = 1500 */
	__u8	mac[6];		/* the guest's */
	__u8	pad[2];
	__u8	ip4[4];		/* with PVHV_NET_IP4 */
	__u32	vdev;		/* out: device number */
	__u8	ip6[16];	/* with PVHV_NET_IP6: a prefix of 64 bits and the modified EUI-64 of mac */
	__u64	rate_from;	/* bytes per second from the guest, up to 8 GiB; 0 = no limit */
	__u64	rate_to;	/* to the guest */
	__u32	ifindex;	/* out */
	__u32	weight;		/* against other guests' interfaces, of the time in which packets are taken: 1 to 1000, 0 = PVHV_NET_WEIGHT */
	__u32	reserved[2];
	char	ifname[PVHV_IFNAME_MAX];	/* out */
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_NET_ROUTED		1	/* the guest sends under ip4, ip6 and its link-local address only */
#define PVHV_NET_IP4		2
#define PVHV_NET_IP6		4	/* and the module tells the guest, as a router does, from fe80::1 */
#define PVHV_NET_WEIGHT		100	/* the default */
#define PVHV_NET_WEIGHT_MAX	1000
#define PVHV_DOM_NET		_IOWR('V', 0x30, struct pvhv_dom_net)

/*
 * On the control file.  The interface of domain domid with the lowest index >= index.  -ENOENT: no such
 * domain, or none from there on.
 */
struct pvhv_net_info {
	__u32	size;
	__u32	domid;		/* in */
	__u32	index;		/* in, out */
	__u32	flags;
	__u32	mtu;
	__u32	ifindex;
	__u8	mac[6];
	__u8	pad[2];
	__u8	ip4[4];
	__u32	queues;		/* pairs that the guest uses */
	__u8	ip6[16];
	__u64	rate_from, rate_to;
	/* frames dropped, by reason */
	__u64	spoofed;	/* foreign source address */
	__u64	refused;	/* a protocol not for this interface */
	__u64	malformed;	/* bad virtio header, runt, giant */
	__u64	no_buffer;	/* the guest gave no buffers */
	__u64	foreign;	/* unicast for another MAC address */
	__u32	weight;
	__u32	reserved32;
	__u64	reserved[2];
	char	ifname[PVHV_IFNAME_MAX];
};
#define PVHV_IOC_NET_INFO	_IOWR('V', 0x31, struct pvhv_net_info)

#endif /* PVHV_ABI_IOCTL_NET_H */
