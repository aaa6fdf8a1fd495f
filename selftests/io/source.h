/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzzers of kmod/io/vnet_source.c share. */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdlib.h>
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

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* SOURCE_H */
