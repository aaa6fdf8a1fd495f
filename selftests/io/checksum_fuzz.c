// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target of the check of a checksum's place (kmod/io/vnet_source.c): after the host has
 * written it, whatever it is, the frame must still pass as the guest's.
 */
#include <string.h>
#include "source.h"

#define HEAD	7	/* start, offset, kind, checksum */
#define MAX	256

static int passes(const struct vnet_source *s, const u8 *frame, size_t size)
{
	enum vnet_verdict v = vnet_source_check(s, frame, size);

	return v == VNET_PASS || v == VNET_SOLICIT;
}

/* Nearly all that is random is refused at once: give it what it must say of itself. */
static void make_own(u8 *frame, size_t size, u8 kind)
{
	if (size < 54)
		return;
	memcpy(frame + 6, own.mac, 6);
	if (kind & 2) {
		memcpy(frame + 12, "\x08\x00\x45", 3);
		memcpy(frame + 26, own.ip4, 4);
	} else if (kind & 4) {
		memcpy(frame + 12, "\x86\xdd\x60", 3);
		memcpy(frame + 22, kind & 8 ? own.ip6 : own.link6, 16);
	}
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
	size -= HEAD;
	/* of its own size: no byte behind it is read (ASan) */
	frame = malloc(size ?: 1);
	must(!!frame);
	memcpy(frame, data + HEAD, size);
	make_own(frame, size, data[4]);
	check(&own, data, frame, size);
	bridged.routed = false;
	memcpy(frame, data + HEAD, size);
	make_own(frame, size, data[4]);
	check(&bridged, data, frame, size);
	free(frame);
	return 0;
}
