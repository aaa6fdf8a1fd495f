// SPDX-License-Identifier: GPL-2.0
/*
 * J10: what the host writes is what it means to.
 * Attack: looks at all of a device's page, at buffers larger than the answer, at those of refused
 * requests, at the lengths that the used ring tells.
 * Must happen: zeros where nothing is defined; not a byte behind what was asked for; lengths
 * that count what was written.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "start.h"
#include "string.h"
#include "tap.h"

#define FILL	0xa5

static u8 *buf;

static u64 not_filled(const u8 *p, u64 n)
{
	u64 i, bad = 0;

	for (i = 0; i < n; i++)
		bad += p[i] != FILL;
	return bad;
}

static u64 not_zero(volatile u8 *p, u64 n)
{
	u64 i, bad = 0;

	for (i = 0; i < n; i++)
		bad += p[i] != 0;
	return bad;
}

/* What the used ring told of the last request. */
static u32 used_len(void)
{
	return blk_used->ring[(u16)(blk_seen - 1) % BLK_QSIZE].len;
}

static void device_page(void)
{
	volatile u8 *p = (volatile u8 *)blk_page;
	volatile struct pvhv_vdev_page *d = blk_page;
	u32 i, len = d->config_len, bad = 0;

	ok(len <= PVHV_VDEV_CONFIG_SIZE, "a configuration of %u bytes", len);
	same(0, not_zero(d->config + len, PVHV_VDEV_CONFIG_SIZE - len), "zeros behind it");
	same(0, not_zero(d->pad2, sizeof(d->pad2)), "zeros behind all that is defined");
	same(0, not_zero((volatile u8 *)d->pad1, sizeof(d->pad1)), "zeros in between");
	for (i = d->nr_queues; i < PVHV_VDEV_MAX_QUEUES; i++)
		bad += not_zero((volatile u8 *)&d->queue[i], sizeof(d->queue[i])) != 0;
	same(0, bad, "zeros for queues that do not exist");
	for (i = 0, bad = 0; i < PVHV_MAX_VDEVS; i++)
		if (i != blk_dev)
			bad += not_zero(p + (i - blk_dev) * PAGE, PAGE) != 0;
	same(0, bad, "zeros for devices that do not exist");
}

static void requests(void)
{
	memset(buf, FILL, PAGE);
	same(BLK_S_OK, blk_rw(BLK_T_GET_ID, 0, gpa(buf), 512), "the serial number, into 512 bytes");
	same(0, not_filled(buf + 20, PAGE - 20), "20 bytes were written");
	same(21, used_len(), "and told, with the status");

	memset(buf, FILL, PAGE);
	same(BLK_S_OK, blk_rw(BLK_T_IN, 0, gpa(buf), 512), "a sector");
	same(0, not_filled(buf + 512, PAGE - 512), "not more was written");
	same(513, used_len(), "and told");

	memset(buf, FILL, PAGE);
	same(BLK_S_IOERR, blk_rw(BLK_T_IN, blk_sectors(), gpa(buf), PAGE), "a page behind the end");
	same(0, not_filled(buf, PAGE), "nothing was written");
	same(1, used_len(), "and that is told");

	same(BLK_S_IOERR, blk_rw(BLK_T_IN, 0, gpa(buf), 100), "100 bytes");
	same(0, not_filled(buf, PAGE), "nothing was written");

	blk_build_rw(0, BLK_T_IN, 0, gpa(buf), PAGE);
	((struct blk_hdr *)blk_mem)->type = 99;
	blk_post(0);
	blk_kick();
	ok(blk_wait(1, 5000), "an unknown request is answered");
	same(BLK_S_UNSUPP, *(volatile u8 *)blk_status(0), "as such");
	same(0, not_filled(buf, PAGE), "nothing was written");

	same(BLK_S_OK, blk_rw(BLK_T_OUT, 8, gpa(buf), PAGE), "a write");
	same(1, used_len(), "writes nothing but its status");
	same(BLK_S_OK, blk_rw(BLK_T_FLUSH, 0, 0, 0), "a flush");
	same(1, used_len(), "neither");
}

void test(void)
{
	buf = page_alloc();
	same(0, blk_init(F_VERSION_1 | F_BLK_FLUSH), "the disk starts");
	device_page();
	requests();
}
