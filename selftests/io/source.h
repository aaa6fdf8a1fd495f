/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzzers of kmod/io/vnet_source.c share. */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdlib.h>
#include <string.h>
#include "io/vnet_source.h"

static const struct vnet_source own = {
	.mac = { 2, 0, 0, 0, 0, 9 }, .routed = true, .has_ip4 = true, .has_ip6 = true,
	.ip4 = { 10, 1, 0, 2 }, .ip6 = { 0x20, 1, [15] = 2 }, .link6 = { 0xfe, 0x80, [15] = 3 },
};

static inline void must(int holds)
{
	if (!holds)
		abort();
}

/*
 * A copy of its own size (no byte behind it is read: ASan). Nearly all that is random is refused at once: it is given
 * what it must say of itself, by the bits of kind.
 */
static inline u8 *make_own(const u8 *data, size_t size, u8 kind)
{
	u8 *frame = malloc(size ?: 1);

	must(!!frame);
	memcpy(frame, data, size);
	if (size < 54)
		return frame;
	if (kind & 14)
		memcpy(frame + 6, own.mac, 6);
	if (kind & 2) {
		memcpy(frame + 12, "\x08\x00\x45", 3);
		memcpy(frame + 26, own.ip4, 4);
	} else if (kind & 4) {
		memcpy(frame + 12, "\x86\xdd\x60", 3);
		memcpy(frame + 22, kind & 8 ? own.ip6 : own.link6, 16);
	} else if (kind & 16) {
		memcpy(frame + 12, "\x08\x06\x00\x01\x08\x00\x06\x04", 8);
	}
	return frame;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* SOURCE_H */
