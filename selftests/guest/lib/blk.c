// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-blk over the shared page: see blk.h.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "string.h"
#include "tap.h"

volatile struct blk_desc *blk_desc;
volatile struct blk_avail *blk_avail;
volatile struct blk_used *blk_used;
u8 *blk_mem;
unsigned int blk_dev;
u16 blk_seen;

#define mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)

long blk_ctrl(u32 op, u32 arg)
{
	u32 seq = blk_page->ctrl.seq + 1;
	u64 end = rdtsc() + 10000 * ticks_per_ms();

	blk_page->ctrl.op = op;
	blk_page->ctrl.arg = arg;
	mb();
	blk_page->ctrl.seq = seq;
	hc_notify(PVHV_PORT_DEV_CTRL(blk_dev));
	while (blk_page->ctrl.ack != seq) {
		if (rdtsc() > end)
			guest_panic("control request %u %u is not answered", op, arg);
		hc_sched(PVHV_SCHED_YIELD, 0);
	}
	mb();
	return blk_page->ctrl.result;
}

static void blk_alloc(void)
{
	if (!blk_mem) {
		blk_desc = page_alloc();
		blk_avail = page_alloc();
		blk_used = page_alloc();
		blk_mem = page_alloc();
	}
	memset((void *)blk_desc, 0, PAGE);
	memset((void *)blk_avail, 0, PAGE);
	memset((void *)blk_used, 0, PAGE);
	blk_seen = 0;
}

long blk_init(u64 features)
{
	long ret;

	if (blk_page->magic != PVHV_VDEV_MAGIC)
		guest_panic("there is no disk");
	ret = blk_ctrl(PVHV_VCTRL_STATUS, 0);
	if (ret)
		return ret;
	blk_alloc();
	blk_ctrl(PVHV_VCTRL_STATUS, STATUS_ACK | STATUS_DRIVER);
	blk_page->guest_features = features;
	ret = blk_ctrl(PVHV_VCTRL_STATUS, STATUS_ACK | STATUS_DRIVER | STATUS_FEATURES_OK);
	if (ret)
		return ret;
	blk_page->queue[0].size = BLK_QSIZE;
	blk_page->queue[0].desc = gpa((void *)blk_desc);
	blk_page->queue[0].avail = gpa((void *)blk_avail);
	blk_page->queue[0].used = gpa((void *)blk_used);
	ret = blk_ctrl(PVHV_VCTRL_QUEUE_ON, 0);
	if (ret)
		return ret;
	return blk_ctrl(PVHV_VCTRL_STATUS,
			STATUS_ACK | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

u64 blk_sectors(void)
{
	return *(volatile u64 *)blk_page->config;
}

void blk_set(unsigned int i, u64 addr, u32 len, u16 flags, u16 next)
{
	blk_desc[i].addr = addr;
	blk_desc[i].len = len;
	blk_desc[i].flags = flags;
	blk_desc[i].next = next;
}

void blk_post(u16 head)
{
	blk_avail->ring[blk_avail->idx % BLK_QSIZE] = head;
	mb();
	blk_avail->idx++;
}

void blk_kick(void)
{
	mb();
	hc_notify(PVHV_PORT_DEV_QUEUE(blk_dev, 0));
}

bool blk_wait(u16 n, u64 ms)
{
	u64 end = rdtsc() + ms * ticks_per_ms();

	while ((u16)(blk_used->idx - blk_seen) < n) {
		if (rdtsc() > end)
			return false;
		hc_sched(PVHV_SCHED_YIELD, 0);
	}
	blk_seen += n;
	return true;
}

void blk_wait_first(u64 ms)
{
	u64 end = rdtsc() + ms * ticks_per_ms();

	while (blk_used->idx == blk_seen && rdtsc() < end)
		asm volatile("pause");
}

u8 *blk_status(unsigned int first)
{
	return blk_mem + 32 * first + 16;
}

void blk_build_rw(unsigned int first, u32 type, u64 sector, u64 addr, u32 len)
{
	struct blk_hdr *h = (struct blk_hdr *)(blk_mem + 32 * first);

	h->type = type;
	h->prio = 0;
	h->sector = sector;
	*blk_status(first) = BLK_NO_ANSWER;
	blk_set(first, gpa(h), sizeof(*h), DESC_NEXT, first + 1);
	if (len)
		blk_set(first + 1, addr, len, DESC_NEXT | (type == BLK_T_IN || type == BLK_T_GET_ID ? DESC_WRITE : 0), first + 2);
	else
		blk_desc[first].next = first + 2;
	blk_set(first + 2, gpa(blk_status(first)), 1, DESC_WRITE, 0);
}

void blk_queue_rw(unsigned int first, u32 type, u64 sector, u64 addr, u32 len)
{
	blk_build_rw(first, type, sector, addr, len);
	blk_post(first);
}

u8 blk_rw(u32 type, u64 sector, u64 addr, u32 len)
{
	blk_queue_rw(0, type, sector, addr, len);
	blk_kick();
	if (!blk_wait(1, blk_broken() ? 100 : 5000))
		return BLK_NO_ANSWER;
	return *(volatile u8 *)blk_status(0);
}

bool blk_broken(void)
{
	return blk_page->status & STATUS_NEEDS_RESET;
}
