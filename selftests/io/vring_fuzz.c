// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target of the ring walker: a guest that writes what the fuzzer
 * says, between any two steps of the device.
 *
 * Input: [num log2, features] then steps of 4 bytes: op, a, b, c.
 */
#include <stdio.h>
#include <stdlib.h>
#include "ring.h"

static struct guest g;

static void store16(u32 at, u16 val)
{
	memcpy(&g.mem[at % (GUEST_SIZE - 1)], &val, sizeof(val));
}

static void take(u16 *heads, u32 *nr)
{
	int ret = vring_next(&g.vr, &g.access, &g.chain);
	const char *why;

	if (ret < 0) {
		if (!g.vr.broken)
			abort();
		return;
	}
	if (!ret)
		return;
	why = chain_error(&g);
	if (why || *nr >= g.vr.num) {
		fprintf(stderr, "%s\n", why ? why : "too many in flight");
		abort();
	}
	heads[(*nr)++] = g.chain.head;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u16 heads[VRING_MAX_CHAIN];
	u32 nr = 0;

	if (size < 2)
		return 0;
	memset(g.mem, 0, sizeof(g.mem));
	guest_init(&g, 1 << (data[0] % 8), data[1] & 1, data[1] & 2);
	for (data += 2, size -= 2; size >= 4; data += 4, size -= 4) {
		u16 val = data[2] | data[3] << 8;

		switch (data[0] % 8) {
		case 0:
			store16(DESC_AT + data[1] * 2, val);
			break;
		case 1:
			store16(DESC_AT + data[1] * 16, val);
			break;
		case 2:
			store16(AVAIL_AT + data[1] * 2, val);
			break;
		case 3:
			store16(TABLE_AT + data[1] * 2, val);
			break;
		case 4:
			guest_desc(&g)[data[1] % 128] = (struct vring_desc) {
				GUEST_BASE + TABLE_AT + (data[2] & 0xf0), (data[2] & 15) * 16, data[3] & 7, data[3] >> 3,
			};
			break;
		case 5:
			take(heads, &nr);
			break;
		case 6:
			if (nr) {
				vring_put(&g.vr, heads[--nr], val);
				vring_want_event(&g.vr);
			}
			break;
		default:
			if (val & 1)
				vring_notify_on(&g.vr);
			else
				vring_notify_off(&g.vr);
			if (!(val & 6) && nr && vring_waits(&g.vr)) {
				/* as if the last one had not been taken */
				vring_untake(&g.vr, 1);
				nr--;
			} else if (!(val & 8)) {
				/* all of them at once */
				for (u32 i = 0; i < nr; i++)
					vring_fill(&g.vr, i, heads[i], val);
				vring_publish(&g.vr, nr);
				vring_want_event_of(&g.vr, nr);
				nr = 0;
			}
		}
	}
	return 0;
}
