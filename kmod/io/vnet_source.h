/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose addresses does a guest's frame claim, and may they be written over?
 * Side: host.  Free of the kernel: unit tests and fuzzers compile it too.
 */
#ifndef PVHV_IO_VNET_SOURCE_H
#define PVHV_IO_VNET_SOURCE_H

#include <linux/types.h>

struct vnet_source {
	u8	mac[6];
	bool	routed;		/* IP addresses are checked, too; otherwise the MAC address only */
	bool	has_ip4, has_ip6;
	u8	ip4[4];
	u8	ip6[16];
	u8	link6[16];	/* the link-local address that follows from mac */
};

enum vnet_verdict {
	VNET_PASS,
	VNET_SOLICIT,		/* pass; it asks for a router */
	VNET_RUNT,		/* shorter than its headers */
	VNET_SPOOF,		/* claims an address that is not the guest's */
	VNET_REFUSE,		/* a protocol that this interface has no use for */
};

/* The interface identifier that a MAC address gives (RFC 4291, modified EUI-64). */
void vnet_source_eui64(const u8 *mac, u8 *id);

/*
 * Looks at the first len bytes of a frame, a private copy that holds at least
 * VNET_SOURCE_HEAD bytes or all of it.
 */
#define VNET_SOURCE_HEAD	128
enum vnet_verdict vnet_source_check(const struct vnet_source *s, const u8 *frame, u32 len);

/*
 * The host, or a device of it, is to write the checksum of what lies from start to the frame's end
 * to start + offset, when the frame leaves: behind all that vnet_source_check has looked at?
 * segments: each that the frame is cut into gets one.  frame and len: as there.
 */
bool vnet_checksum_ok(const u8 *frame, u32 len, u32 start, u32 offset, bool segments);

#endif /* PVHV_IO_VNET_SOURCE_H */
