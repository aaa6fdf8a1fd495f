// SPDX-License-Identifier: GPL-2.0
/*
 * J2: the available index jumps.
 * Attack: avail.idx ahead by more than the ring, backwards, by 65,535; heads beyond the table;
 * more requests under way than the ring has descriptors.
 * Must happen: the queue stops, the device asks for a reset, and works after it.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "start.h"
#include "string.h"
#include "tap.h"

#define RINGS	20

static u64 page_gpa;

static bool breaks(void)
{
	unsigned int i;

	for (i = 0; i < 2000 && !blk_broken(); i++)
		delay_ms(1);
	return blk_broken();
}

static void jump(u16 by)
{
	u64 i;

	blk_init(F_VERSION_1);
	blk_rw(BLK_T_IN, 0, page_gpa, PAGE);
	for (i = 0; i < BLK_QSIZE; i++)
		blk_avail->ring[i] = 0;
	blk_avail->idx += by;
	blk_kick();
	ok(breaks(), "index jumps by %u: the device asks for a reset", by);
	same(BLK_NO_ANSWER, blk_rw(BLK_T_IN, 0, page_gpa, PAGE), "and answers nothing before");
}

/* Good chains: at the head itself, as far as the page goes, and at 0, to which the host brings a bad index. */
static void bad_head(u16 head)
{
	blk_init(F_VERSION_1);
	blk_build_rw(0, BLK_T_IN, 0, page_gpa, PAGE);
	if (head < PAGE / sizeof(*blk_desc))
		blk_desc[head] = blk_desc[0];
	blk_post(head);
	blk_kick();
	ok(breaks(), "head %u is beyond the table", head);
}

/*
 * Zeros, in one place and by one chain: each takes the host longer than it takes to hand it over. When the
 * first of a ring is answered comes another ring, which is no jump; how far the host is by then is chance.
 */
static void in_flight(void)
{
	struct blk_range *r = (struct blk_range *)(blk_mem + 64);
	unsigned int n;

	same(0, blk_init(F_VERSION_1 | F_BLK_ZEROES), "with WRITE_ZEROES");
	memset(r, 0, sizeof(*r));
	r->nr = 512;
	blk_build_rw(0, BLK_T_ZEROES, 0, gpa(r), sizeof(*r));
	for (n = 0; n < RINGS && !blk_broken(); n++) {
		blk_seen = n * BLK_QSIZE;
		blk_avail->idx += BLK_QSIZE;
		blk_kick();
		blk_wait_first(5000);
	}
	ok(n > 1 && breaks(), "a second ring behind one that is under way: the device asks for a reset");
}

void test(void)
{
	static const u16 jumps[] = { BLK_QSIZE + 1, 0x7fff, 0x8000, 0xffff, 1000 };
	unsigned int i;
	u32 head;

	page_gpa = gpa(page_alloc());
	for (i = 0; i < ARRAY_SIZE(jumps); i++)
		jump(jumps[i]);
	for (head = BLK_QSIZE; head < 65536; head = head * 2 + 1)
		bad_head(head);
	in_flight();
	same(0, blk_init(F_VERSION_1), "after a reset");
	same(BLK_S_OK, blk_rw(BLK_T_IN, 0, page_gpa, PAGE), "it works again");
}
