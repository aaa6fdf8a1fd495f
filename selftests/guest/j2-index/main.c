// SPDX-License-Identifier: GPL-2.0
/*
 * J2: the available index jumps.
 * Attack: avail.idx ahead by more than the ring, backwards, by 65,535; heads beyond the table.
 * Must happen: the queue stops, the device asks for a reset, and works after it.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "start.h"
#include "tap.h"

static u64 page_gpa;

static void jump(u16 by)
{
	u64 i;

	blk_init(F_VERSION_1);
	blk_rw(BLK_T_IN, 0, page_gpa, PAGE);
	for (i = 0; i < BLK_QSIZE; i++)
		blk_avail->ring[i] = 0;
	blk_avail->idx += by;
	blk_kick();
	for (i = 0; i < 2000 && !blk_broken(); i++)
		delay_ms(1);
	ok(blk_broken(), "index jumps by %u: the device asks for a reset", by);
	same(BLK_NO_ANSWER, blk_rw(BLK_T_IN, 0, page_gpa, PAGE), "and answers nothing before");
}

void test(void)
{
	static const u16 jumps[] = { BLK_QSIZE + 1, 0x7fff, 0x8000, 0xffff, 1000 };
	unsigned int i;
	u32 head;

	page_gpa = gpa(page_alloc());
	for (i = 0; i < ARRAY_SIZE(jumps); i++)
		jump(jumps[i]);
	for (head = BLK_QSIZE; head < 65536; head = head * 2 + 1) {
		blk_init(F_VERSION_1);
		blk_post(head);
		blk_kick();
		for (i = 0; i < 2000 && !blk_broken(); i++)
			delay_ms(1);
		ok(blk_broken(), "head %u is beyond the table", head);
	}
	same(0, blk_init(F_VERSION_1), "after a reset");
	same(BLK_S_OK, blk_rw(BLK_T_IN, 0, page_gpa, PAGE), "it works again");
}
