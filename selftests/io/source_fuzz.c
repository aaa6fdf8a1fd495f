// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target of the check of a frame's source (kmod/io/vnet_source.c).
 * What it lets through must hold by the plainest reading of the frame.
 */
#include "source.h"

static int own6(const u8 *ip)
{
	return !memcmp(ip, own.ip6, 16) || !memcmp(ip, own.link6, 16);
}

static void check_passed(const u8 *f, size_t size)
{
	static const u8 zero[16];
	int type;

	must(size >= 14 && !memcmp(f + 6, own.mac, 6));
	type = f[12] << 8 | f[13];
	must(type == 0x800 || type == 0x806 || type == 0x86dd);
	if (type == 0x800)
		must(size >= 34 && !memcmp(f + 26, own.ip4, 4));
	if (type == 0x806)
		must(size >= 42 && !memcmp(f + 22, own.mac, 6) &&
		     (!memcmp(f + 28, own.ip4, 4) || !memcmp(f + 28, zero, 4)));
	if (type != 0x86dd)
		return;
	must(size >= 54 && (own6(f + 22) || !memcmp(f + 22, zero, 16)));
	if (f[20] == 58 && size > 54)
		must(f[54] != 134 && f[54] != 137);
	if (f[20] == 58 && size > 54 && f[54] == 136)
		must(size >= 78 && own6(f + 62));
	/* one header before it */
	if (f[20] == 0 && size > 62 && f[54] == 58 && f[55] == 0)
		must(f[62] != 134 && f[62] != 137);
}

/* The first byte: what the frame is given beforehand. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vnet_source bridged = own;
	enum vnet_verdict v;
	u8 *frame;

	if (!size)
		return 0;
	size--;
	frame = make_own(data + 1, size, data[0]);
	v = vnet_source_check(&own, frame, size);
	if (v == VNET_PASS || v == VNET_SOLICIT)
		check_passed(frame, size);
	bridged.routed = false;
	v = vnet_source_check(&bridged, frame, size);
	must(v != VNET_PASS || !memcmp(frame + 6, own.mac, 6));
	free(frame);
	return 0;
}
