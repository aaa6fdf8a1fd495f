// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target of the check of a checksum's place (kmod/io/vnet_source.c): after the host has
 * written it, whatever it is, the frame must still pass as the guest's.
 */
#include "source.h"

#define HEAD	7	/* start, offset, kind, checksum */
#define MAX	256

static int passes(const struct vnet_source *s, const u8 *frame, size_t size)
{
	enum vnet_verdict v = vnet_source_check(s, frame, size);

	return v == VNET_PASS || v == VNET_SOLICIT;
}

static void check(const struct vnet_source *s, const u8 *data, u8 *frame, size_t size)
{
	u32 start = data[0] | data[1] << 8, offset = data[2] | data[3] << 8;

	if (!passes(s, frame, size) || !vnet_checksum_ok(frame, size, start, offset, data[4] & 1))
		return;
	must(start >= 34);
	if (start + offset + 2 > size)
		return;
	memcpy(frame + start + offset, data + 5, 2);
	must(passes(s, frame, size));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vnet_source bridged = own;
	u8 *frame;

	if (size < HEAD || size > HEAD + MAX)
		return 0;
	frame = make_own(data + HEAD, size - HEAD, data[4]);
	check(&own, data, frame, size - HEAD);
	free(frame);
	bridged.routed = false;
	frame = make_own(data + HEAD, size - HEAD, data[4]);
	check(&bridged, data, frame, size - HEAD);
	free(frame);
	return 0;
}
