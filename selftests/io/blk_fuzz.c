// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target of the parser of disk requests (kmod/io/blk_parse.c).
 *
 * Input: [view, sectors, number of buffers read, of buffers written], then 6 bytes of each buffer: offset in the
 * guest's memory, a shift of it far away, length; what is left is the guest's memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include "blk.h"

#define HEAD	4
#define SEG	6

static struct guest g;

static void make_view(struct blk_view *disk, const u8 *data)
{
	*disk = (struct blk_view) {
		.rdonly = data[0] & 1,
		.discards = data[0] & 2,
		.features = (data[0] & 4 ? 1ULL << VIRTIO_BLK_F_DISCARD : 0) |
			    (data[0] & 8 ? 1ULL << VIRTIO_BLK_F_WRITE_ZEROES : 0),
		.block = data[0] & 16 ? 4096 : 512,
		.sectors = data[1] & 0x80 ? ~0ULL >> (data[1] & 31) : (u64)data[1] << (data[0] >> 5) * 4,
	};
}

/* As vring_next lets them through: not empty, and without a wrap. */
static void make_seg(struct vring_seg *s, const u8 *data)
{
	s->addr = GUEST_BASE + (data[0] | data[1] << 8) + ((u64)data[2] << 56 >> (data[3] & 63));
	s->len = (data[4] | data[5] << 8) << (data[3] >> 6) * 4;
	s->len += !s->len;
	if (s->addr + s->len < s->addr)
		s->addr = GUEST_BASE;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct vring_chain was;
	struct blk_view disk;
	const char *why;
	u32 i, nr;
	int ret;

	if (size < HEAD)
		return 0;
	make_view(&disk, data);
	g.chain.head = 0;
	g.chain.nr_out = data[2] % VRING_MAX_CHAIN;
	g.chain.nr_in = data[3] % (VRING_MAX_CHAIN - g.chain.nr_out);
	nr = g.chain.nr_out + g.chain.nr_in;
	if (!nr || size < HEAD + nr * SEG)
		return 0;
	for (i = 0; i < nr; i++)
		make_seg(&g.chain.seg[i], data + HEAD + i * SEG);
	data += HEAD + nr * SEG;
	size -= HEAD + nr * SEG;
	memset(g.mem, 0, sizeof(g.mem));
	memcpy(g.mem, data, size < sizeof(g.mem) ? size : sizeof(g.mem));
	was = g.chain;
	ret = guest_parse(&g, &disk);
	why = cmd_error(&g, &disk, &was, ret);
	if (why) {
		fprintf(stderr, "%s\n", why);
		abort();
	}
	return 0;
}
