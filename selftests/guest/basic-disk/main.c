// SPDX-License-Identifier: GPL-2.0
/*
 * The disk as a polite driver uses it: what is written is read back, many
 * requests at once, flush, serial.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "start.h"
#include "tap.h"

#define MANY	20

void test(void)
{
	u64 *page = page_alloc(), *back = page_alloc(), i, bad = 0;

	same(0, blk_init(F_VERSION_1), "the disk starts");
	ok(blk_sectors() >= 2048, "it has %lu sectors", blk_sectors());
	for (i = 0; i < 512; i++)
		page[i] = i * 0x9e3779b97f4a7c15UL;
	same(BLK_S_OK, blk_rw(BLK_T_OUT, 8, gpa(page), PAGE), "a page is written");
	same(BLK_S_OK, blk_rw(BLK_T_FLUSH, 0, 0, 0), "flushed");
	same(BLK_S_OK, blk_rw(BLK_T_IN, 8, gpa(back), PAGE), "read back");
	for (i = 0; i < 512; i++)
		bad += back[i] != page[i];
	same(0, bad, "it is the same");
	for (i = 0; i < MANY; i++)
		blk_queue_rw(3 * i, BLK_T_IN, 8, gpa(page_alloc()), PAGE);
	blk_kick();
	ok(blk_wait(MANY, 5000), "%u reads at once are answered", MANY);
	for (i = 0; i < MANY; i++)
		bad += *(volatile u8 *)blk_status(3 * i) != BLK_S_OK;
	same(0, bad, "all well");
	same(BLK_S_OK, blk_rw(BLK_T_GET_ID, 0, gpa(back), 20), "its serial number");
	ok(event_count[PVHV_PORT_DEV_QUEUE(0, 0)] > 0, "events came with the answers");
}
