// SPDX-License-Identifier: GPL-2.0
/*
 * J15: the shared configuration in a bad order and with bad values.
 * Attack: features that were not offered, changed later; queue sizes, alignments, overlapping
 * and foreign ring addresses, ring pages that are page tables; unknown operations; status bits
 * out of order; the host's own fields overwritten.
 * Must happen: -EINVAL (or another error) and no change; it works after a reset.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "start.h"
#include "tap.h"

#define READY	(STATUS_ACK | STATUS_DRIVER | STATUS_FEATURES_OK)

static void begin(void)
{
	blk_ctrl(PVHV_VCTRL_STATUS, 0);
	blk_ctrl(PVHV_VCTRL_STATUS, STATUS_ACK | STATUS_DRIVER);
	blk_page->guest_features = F_VERSION_1;
	blk_ctrl(PVHV_VCTRL_STATUS, READY);
	blk_page->queue[0].size = BLK_QSIZE;
	blk_page->queue[0].desc = gpa((void *)blk_desc);
	blk_page->queue[0].avail = gpa((void *)blk_avail);
	blk_page->queue[0].used = gpa((void *)blk_used);
}

static void features(void)
{
	u64 bit, bad = 0;

	for (bit = 0; bit < 64; bit++) {
		blk_ctrl(PVHV_VCTRL_STATUS, 0);
		blk_ctrl(PVHV_VCTRL_STATUS, STATUS_ACK | STATUS_DRIVER);
		blk_page->guest_features = F_VERSION_1 | 1UL << bit;
		if (!(blk_ctrl(PVHV_VCTRL_STATUS, READY)) != !!((blk_page->host_features | F_VERSION_1) >> bit & 1))
			bad++;
	}
	same(0, bad, "features: those that were offered");
	blk_ctrl(PVHV_VCTRL_STATUS, 0);
	blk_page->guest_features = 0;
	ok(blk_ctrl(PVHV_VCTRL_STATUS, READY) < 0, "VERSION_1 is needed");
	ok(blk_ctrl(PVHV_VCTRL_QUEUE_ON, 0) < 0, "no queue before FEATURES_OK");
	ok(blk_ctrl(PVHV_VCTRL_STATUS, STATUS_DRIVER_OK) < 0, "nor DRIVER_OK");
}

static void sizes(void)
{
	u32 size, bad = 0;

	begin();
	for (size = 0; size < 65536; size = size < 300 ? size + 1 : size * 2 + 1) {
		bool good = size && !(size & (size - 1)) && size <= blk_page->queue[0].max_size;
		long ret;

		blk_page->queue[0].size = size;
		ret = blk_ctrl(PVHV_VCTRL_QUEUE_ON, 0);
		if (!ret)
			blk_ctrl(PVHV_VCTRL_QUEUE_OFF, 0);
		bad += (ret == 0) != good;
	}
	same(0, bad, "queue sizes: powers of two up to the maximum");
}

static void address(u64 desc, u64 avail, u64 used, const char *what)
{
	begin();
	blk_page->queue[0].desc = desc;
	blk_page->queue[0].avail = avail;
	blk_page->queue[0].used = used;
	ok(blk_ctrl(PVHV_VCTRL_QUEUE_ON, 0) < 0, "%s", what);
	same(0, blk_page->queue[0].enabled, "and it stays off");
}

static void addresses(void)
{
	u64 d = gpa((void *)blk_desc), a = gpa((void *)blk_avail), u = gpa((void *)blk_used);
	u64 end = start_info->nr_pages * PAGE, pt = start_info->pt_gfn * PAGE;

	address(d + 8, a, u, "descriptors not aligned");
	address(d, a + 1, u, "available ring not aligned");
	address(d, a, u + 2, "used ring not aligned");
	address(d, d, u, "two rings in one place");
	address(d, a, d + 64, "used ring inside the descriptors");
	address(end, a, u, "behind the end of memory");
	address(end - 16, a, u, "over the end of memory");
	address(~0UL - 15, a, u, "wrapping");
	address(d, ~0UL - 1, u, "available ring wrapping");
	address(d, a, 1UL << 52, "used ring far away");
	address(pt, a, u, "descriptors in a page table");
	address(d, a, pt, "used ring in a page table");
	address(d, a, PVHV_GATE_BASE, "a virtual address");
}

static void operations(void)
{
	u64 i, bad = 0;

	begin();
	for (i = 5; i < 200; i++)
		bad += blk_ctrl(i, 0) >= 0;
	bad += blk_ctrl(0, 0) >= 0;
	for (i = 1; i < 100; i++) {
		bad += blk_ctrl(PVHV_VCTRL_QUEUE_ON, i) >= 0;
		bad += blk_ctrl(PVHV_VCTRL_QUEUE_OFF, i) >= 0;
	}
	bad += blk_ctrl(PVHV_VCTRL_QUEUE_ON, ~0U) >= 0;
	bad += blk_ctrl(PVHV_VCTRL_STATUS, 0x100) >= 0;
	bad += blk_ctrl(PVHV_VCTRL_STATUS, ~0U) >= 0;
	bad += blk_ctrl(PVHV_VCTRL_STATUS, STATUS_ACK) >= 0;
	same(0, bad, "operations, queues and status bits that do not exist: refused");
	same(0, blk_ctrl(PVHV_VCTRL_QUEUE_ON, 0), "the queue goes on");
	ok(blk_ctrl(PVHV_VCTRL_QUEUE_ON, 0) < 0, "but not twice");
}

/* What the host wrote for us it does not read back. */
static void overwrite(void)
{
	u64 data = gpa(page_alloc()), i;
	volatile u8 *p = (volatile u8 *)blk_page;
	u32 seq, ack;

	blk_init(F_VERSION_1);
	seq = blk_page->ctrl.seq;
	ack = blk_page->ctrl.ack;
	for (i = 0; i < PAGE; i++)
		p[i] = 0xff;
	blk_page->ctrl.seq = seq;
	blk_page->ctrl.ack = ack;
	same(BLK_S_OK, blk_rw(BLK_T_IN, 0, data, PAGE), "the page overwritten with ones: the device works on");
	same(BLK_S_IOERR, blk_rw(BLK_T_IN, 1UL << 40, data, PAGE), "and has the size that it had");
}

void test(void)
{
	if (blk_init(F_VERSION_1))
		guest_panic("the disk does not start");
	features();
	sizes();
	addresses();
	operations();
	same(0, blk_init(F_VERSION_1), "after a reset it starts");
	same(BLK_S_OK, blk_rw(BLK_T_IN, 0, gpa(page_alloc()), PAGE), "and works");
	overwrite();
}
