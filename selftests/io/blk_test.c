// SPDX-License-Identifier: GPL-2.0
/*
 * J6, J7: requests of a disk (kmod/io/blk_parse.c), good ones and those that are refused.
 */
#include "kselftest_harness.h"
#include "blk.h"

#define HDR_AT		0	/* in the guest's memory */
#define RANGES_AT	64
#define DATA		(GUEST_BASE + 0x10000)	/* need not be there: it is not read */
#define STATUS		(GUEST_BASE + 0x20000)

FIXTURE(disk) {
	struct guest g;
	struct blk_view view;
	struct vring_chain was;
};

FIXTURE_SETUP(disk)
{
	memset(self, 0, sizeof(*self));
	self->view = (struct blk_view) {
		.sectors = 1000,
		.features = 1ULL << VIRTIO_BLK_F_DISCARD | 1ULL << VIRTIO_BLK_F_WRITE_ZEROES,
		.block = 512,
		.discards = true,
	};
}

FIXTURE_TEARDOWN(disk)
{
}

static void add(struct guest *g, bool in, u64 addr, u32 len)
{
	struct vring_chain *c = &g->chain;

	c->seg[c->nr_out + c->nr_in] = (struct vring_seg){ addr, len };
	*(in ? &c->nr_in : &c->nr_out) += 1;
}

static void header(struct guest *g, u32 type, u64 sector)
{
	struct virtio_blk_outhdr hdr = { .type = type, .sector = sector };

	g->chain.nr_out = 0;
	g->chain.nr_in = 0;
	memcpy(g->mem + HDR_AT, &hdr, sizeof(hdr));
	add(g, false, GUEST_BASE + HDR_AT, sizeof(hdr));
}

/* Its answer; the rules of blk.h hold in any case. */
#define ANSWER(expected) do {							\
	const char *why;							\
	int ret;								\
										\
	self->was = self->g.chain;						\
	ret = guest_parse(&self->g, &self->view);				\
	EXPECT_EQ(expected, ret);						\
	why = cmd_error(&self->g, &self->view, &self->was, ret);		\
	EXPECT_EQ(NULL, why)							\
		TH_LOG("%s", why);						\
} while (0)

#define RW(expected, type, sector, len) do {					\
	header(&self->g, type, sector);						\
	add(&self->g, type == VIRTIO_BLK_T_IN, DATA, len);			\
	add(&self->g, true, STATUS, 1);						\
	ANSWER(expected);							\
} while (0)

#define READ(expected, sector, len)	RW(expected, VIRTIO_BLK_T_IN, sector, len)
#define WRITE(expected, sector, len)	RW(expected, VIRTIO_BLK_T_OUT, sector, len)

TEST_F(disk, ends)
{
	READ(VIRTIO_BLK_S_OK, 0, 4096);
	EXPECT_EQ(1, self->g.cmd.parts);
	READ(VIRTIO_BLK_S_OK, 999, 512);
	READ(VIRTIO_BLK_S_IOERR, 999, 1024);
	READ(VIRTIO_BLK_S_IOERR, 1000, 512);
	READ(VIRTIO_BLK_S_IOERR, 1ULL << 55, 512);
	READ(VIRTIO_BLK_S_IOERR, ~0ULL, 512);
	WRITE(VIRTIO_BLK_S_OK, 992, 4096);
	WRITE(VIRTIO_BLK_S_IOERR, 993, 4096);
}

TEST_F(disk, lengths)
{
	READ(VIRTIO_BLK_S_IOERR, 0, 513);
	READ(VIRTIO_BLK_S_IOERR, 0, 511);
	self->view.sectors = 1 << 20;
	READ(VIRTIO_BLK_S_OK, 0, BLK_MAX_LEN);
	READ(VIRTIO_BLK_S_IOERR, 0, BLK_MAX_LEN + 512);
	READ(VIRTIO_BLK_S_IOERR, 0, 0xfffffe00);
	/* only a status */
	header(&self->g, VIRTIO_BLK_T_IN, 0);
	add(&self->g, true, STATUS, 1);
	ANSWER(VIRTIO_BLK_S_IOERR);
	/* the status in the last byte of the data: what is before it counts */
	header(&self->g, VIRTIO_BLK_T_IN, 0);
	add(&self->g, true, DATA, 513);
	ANSWER(VIRTIO_BLK_S_OK);
	EXPECT_EQ(512, self->g.cmd.len);
	EXPECT_EQ(DATA + 512, self->g.cmd.status);
}

/* More parts of pages than there is room for, though the length is allowed. */
TEST_F(disk, parts)
{
	u32 i;

	self->view.sectors = 1 << 20;
	header(&self->g, VIRTIO_BLK_T_IN, 0);
	for (i = 0; i < BLK_SEG_MAX; i++)
		add(&self->g, true, DATA + i * 0x10000 + 1, i ? BLK_SIZE_MAX : 512);
	add(&self->g, true, STATUS, 1);
	ANSWER(VIRTIO_BLK_S_OK);
	EXPECT_EQ((BLK_SEG_MAX - 1) * 5 + 1, self->g.cmd.parts);
	/* six of each, with one byte in the first and in the last */
	header(&self->g, VIRTIO_BLK_T_IN, 0);
	for (i = 0; i < BLK_SEG_MAX - 1; i++)
		add(&self->g, true, DATA + 0xfff, 4 * BLK_PAGE + 2);
	add(&self->g, true, DATA, 512 - i * 2 % 512);
	add(&self->g, true, STATUS, 1);
	ANSWER(VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(0, seg_bytes(self->was.seg + 1, BLK_SEG_MAX) % 512);
	EXPECT_GE(BLK_MAX_LEN, seg_bytes(self->was.seg + 1, BLK_SEG_MAX));
}

TEST_F(disk, directions)
{
	self->view.rdonly = true;
	READ(VIRTIO_BLK_S_OK, 0, 512);
	WRITE(VIRTIO_BLK_S_IOERR, 0, 512);
	self->view.rdonly = false;
	/* something to read in a read, to write in a write */
	header(&self->g, VIRTIO_BLK_T_IN, 0);
	add(&self->g, false, DATA, 512);
	add(&self->g, true, DATA, 512);
	add(&self->g, true, STATUS, 1);
	ANSWER(VIRTIO_BLK_S_IOERR);
	header(&self->g, VIRTIO_BLK_T_OUT, 0);
	add(&self->g, false, DATA, 512);
	add(&self->g, true, DATA, 512);
	add(&self->g, true, STATUS, 1);
	ANSWER(VIRTIO_BLK_S_IOERR);
}

TEST_F(disk, headers)
{
	u32 i;

	/* cut into bytes, and the data behind it in the same buffer */
	header(&self->g, VIRTIO_BLK_T_OUT, 7);
	self->g.chain.nr_out = 0;
	for (i = 0; i < 15; i++)
		add(&self->g, false, GUEST_BASE + i, 1);
	add(&self->g, false, GUEST_BASE + 15, 513);
	add(&self->g, true, STATUS, 1);
	ANSWER(VIRTIO_BLK_S_OK);
	EXPECT_EQ(7, self->g.cmd.sector);
	EXPECT_EQ(GUEST_BASE + 16, self->g.cmd.data.seg[0].addr);
	/* too short; not in memory; none; nowhere to answer to */
	header(&self->g, VIRTIO_BLK_T_IN, 0);
	self->g.chain.seg[0].len = 15;
	add(&self->g, true, STATUS, 513);
	ANSWER(VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(BLK_NO_TYPE, self->g.cmd.type);
	header(&self->g, VIRTIO_BLK_T_IN, 0);
	self->g.chain.seg[0].addr = GUEST_BASE + GUEST_SIZE - 8;
	add(&self->g, true, STATUS, 513);
	ANSWER(VIRTIO_BLK_S_IOERR);
	header(&self->g, VIRTIO_BLK_T_IN, 0);
	self->g.chain.nr_out = 0;
	add(&self->g, true, STATUS, 513);
	ANSWER(VIRTIO_BLK_S_IOERR);
	header(&self->g, VIRTIO_BLK_T_FLUSH, 0);
	ANSWER(-EINVAL);
	/* what there is not */
	header(&self->g, 2, 0);
	add(&self->g, true, STATUS, 1);
	ANSWER(VIRTIO_BLK_S_UNSUPP);
	header(&self->g, VIRTIO_BLK_T_FLUSH, 0);
	add(&self->g, true, STATUS, 1);
	ANSWER(VIRTIO_BLK_S_OK);
	header(&self->g, VIRTIO_BLK_T_GET_ID, 0);
	add(&self->g, true, DATA, 20);
	add(&self->g, true, STATUS, 1);
	ANSWER(VIRTIO_BLK_S_OK);
	EXPECT_EQ(1, self->g.cmd.data.nr);
}

struct range { u64 sector; u32 nr, flags; };

#define RANGES(expected, type, ...) do {					\
	const struct range list[] = { __VA_ARGS__ };				\
										\
	header(&self->g, type, 0);						\
	memcpy(self->g.mem + RANGES_AT, list, sizeof(list));			\
	add(&self->g, false, GUEST_BASE + RANGES_AT, sizeof(list));		\
	add(&self->g, true, STATUS, 1);						\
	ANSWER(expected);							\
} while (0)

TEST_F(disk, ranges)
{
	u32 i, type;

	for (i = 0; i < 2; i++) {
		type = i ? VIRTIO_BLK_T_DISCARD : VIRTIO_BLK_T_WRITE_ZEROES;
		RANGES(VIRTIO_BLK_S_OK, type, { 0, 8, 0 }, { 8, 992, 0 });
		EXPECT_EQ(2, self->g.cmd.nr_ranges);
		EXPECT_EQ(1000, self->g.cmd.sectors);
		RANGES(VIRTIO_BLK_S_IOERR, type, { 0, 8, 0 }, { 8, 993, 0 });
		RANGES(VIRTIO_BLK_S_IOERR, type, { 1001, 1, 0 });
		RANGES(VIRTIO_BLK_S_IOERR, type, { ~0ULL, 1, 0 });
		RANGES(VIRTIO_BLK_S_IOERR, type, { 0, 0, 0 });
		RANGES(VIRTIO_BLK_S_UNSUPP, type, { 0, 8, 2 });
		RANGES(VIRTIO_BLK_S_UNSUPP, type, { 0, 8, ~0U });
		self->view.block = 4096;
		RANGES(VIRTIO_BLK_S_OK, type, { 8, 16, 0 });
		RANGES(VIRTIO_BLK_S_IOERR, type, { 4, 8, 0 });
		RANGES(VIRTIO_BLK_S_IOERR, type, { 8, 12, 0 });
		self->view.block = 512;
		self->view.sectors = 1ULL << 40;
		RANGES(VIRTIO_BLK_S_OK, type, { 0, i ? BLK_DISCARD_SECTORS : BLK_ZERO_SECTORS, 0 });
		RANGES(VIRTIO_BLK_S_IOERR, type, { 0, (i ? BLK_DISCARD_SECTORS : BLK_ZERO_SECTORS) + 1, 0 });
		self->view.sectors = 1000;
		self->view.features ^= 1ULL << (i ? VIRTIO_BLK_F_DISCARD : VIRTIO_BLK_F_WRITE_ZEROES);
		RANGES(VIRTIO_BLK_S_UNSUPP, type, { 0, 8, 0 });
	}
}

TEST_F(disk, holes)
{
	RANGES(VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_T_DISCARD, { 0, 8, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP });
	RANGES(VIRTIO_BLK_S_OK, VIRTIO_BLK_T_WRITE_ZEROES, { 0, 8, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP }, { 8, 8, 0 });
	EXPECT_TRUE(self->g.range[0].unmap);
	EXPECT_FALSE(self->g.range[1].unmap);
	EXPECT_EQ(8192, self->g.cmd.len);
	self->view.discards = false;
	RANGES(VIRTIO_BLK_S_OK, VIRTIO_BLK_T_WRITE_ZEROES, { 0, 8, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP });
	EXPECT_FALSE(self->g.range[0].unmap);
}

TEST_F(disk, number_of_ranges)
{
	struct range list[IMAGE_MAX_RANGES + 1];
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = (struct range){ i, 1, 0 };
	for (n = IMAGE_MAX_RANGES; n <= IMAGE_MAX_RANGES + 1; n++) {
		header(&self->g, VIRTIO_BLK_T_DISCARD, 0);
		memcpy(self->g.mem + RANGES_AT, list, sizeof(list));
		add(&self->g, false, GUEST_BASE + RANGES_AT, n * sizeof(list[0]));
		add(&self->g, true, STATUS, 1);
		ANSWER(n > IMAGE_MAX_RANGES ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK);
	}
	/* none; the last one is cut off; of a disk that is read-only */
	header(&self->g, VIRTIO_BLK_T_DISCARD, 0);
	add(&self->g, true, STATUS, 1);
	ANSWER(VIRTIO_BLK_S_IOERR);
	header(&self->g, VIRTIO_BLK_T_DISCARD, 0);
	add(&self->g, false, GUEST_BASE + RANGES_AT, 24);
	add(&self->g, true, STATUS, 1);
	ANSWER(VIRTIO_BLK_S_IOERR);
	self->view.rdonly = true;
	RANGES(VIRTIO_BLK_S_IOERR, VIRTIO_BLK_T_DISCARD, { 0, 8, 0 });
}

TEST_HARNESS_MAIN
