// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-net over the shared page: see net.h.
 * Side: guest.
 */
#include "event.h"
#include "net.h"
#include "string.h"
#include "tap.h"

struct net_queue net_queue[2];
u32 net_qsize = NET_QSIZE;
u8 *net_rx_page[NET_QSIZE_MAX], *net_tx_page[NET_QSIZE_MAX];
u8 net_host[6];
u8 net_own[4] = { 10, 76, 0, 2 };

#define mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)

static void net_alloc(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct net_queue *q = &net_queue[i];

		if (!q->desc) {
			q->desc = page_alloc();
			q->avail = page_alloc();
			q->used = page_alloc();
		}
		memset((void *)q->desc, 0, PAGE);
		memset((void *)q->avail, 0, PAGE);
		memset((void *)q->used, 0, PAGE);
		q->seen = 0;
	}
	for (i = 0; i < net_qsize && !net_tx_page[i]; i++) {
		net_rx_page[i] = page_alloc();
		net_tx_page[i] = page_alloc();
	}
}

long net_init(u64 features)
{
	unsigned int i;
	long ret;

	if (blk_page->magic != PVHV_VDEV_MAGIC)
		guest_panic("there is no interface");
	ret = blk_ctrl(PVHV_VCTRL_STATUS, 0);
	if (ret)
		return ret;
	net_alloc();
	blk_ctrl(PVHV_VCTRL_STATUS, STATUS_ACK | STATUS_DRIVER);
	blk_page->guest_features = features;
	ret = blk_ctrl(PVHV_VCTRL_STATUS, STATUS_ACK | STATUS_DRIVER | STATUS_FEATURES_OK);
	for (i = 0; i < 2 && !ret; i++) {
		blk_page->queue[i].size = net_qsize;
		blk_page->queue[i].desc = gpa((void *)net_queue[i].desc);
		blk_page->queue[i].avail = gpa((void *)net_queue[i].avail);
		blk_page->queue[i].used = gpa((void *)net_queue[i].used);
		ret = blk_ctrl(PVHV_VCTRL_QUEUE_ON, i);
	}
	if (ret)
		return ret;
	return blk_ctrl(PVHV_VCTRL_STATUS,
			STATUS_ACK | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

void net_set(int queue, unsigned int i, u64 addr, u32 len, u16 flags, u16 next)
{
	volatile struct blk_desc *d = &net_queue[queue].desc[i];

	d->addr = addr;
	d->len = len;
	d->flags = flags;
	d->next = next;
}

void net_post(int queue, u16 head)
{
	volatile struct blk_avail *a = net_queue[queue].avail;

	a->ring[a->idx % net_qsize] = head;
	mb();
	a->idx++;
}

void net_kick(int queue)
{
	mb();
	hc_notify(PVHV_PORT_DEV_QUEUE(0, queue));
}

void net_fill_rx(void)
{
	unsigned int i;

	for (i = 0; i < net_qsize; i++) {
		net_set(NET_RX, i, gpa(net_rx_page[i]), PAGE, DESC_WRITE, 0);
		net_post(NET_RX, i);
	}
	net_kick(NET_RX);
}

bool net_wait(int queue, u32 *len, u64 ms)
{
	struct net_queue *q = &net_queue[queue];
	u64 end = rdtsc() + ms * ticks_per_ms();

	while (q->used->idx == q->seen) {
		if (rdtsc() > end)
			return false;
		hc_sched(PVHV_SCHED_YIELD, 0);
	}
	mb();
	if (len)
		*len = q->used->ring[q->seen % net_qsize].len;
	q->seen++;
	return true;
}

bool net_broken(void)
{
	return blk_page->status & STATUS_NEEDS_RESET;
}

u32 net_arp(u8 *p)
{
	static const u8 arp[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };
	static const u8 to[] = { 10, 76, 0, 1 };
	unsigned int i;

	memset(p, 0, NET_HDR + 60);
	p += NET_HDR;
	memset(p, 0xff, 6);
	for (i = 0; i < 6; i++)
		p[6 + i] = p[22 + i] = blk_page->config[i];
	memcpy(p + 12, arp, sizeof(arp));
	memcpy(p + 28, net_own, 4);
	memcpy(p + 38, to, 4);
	return NET_HDR + 42;
}

u32 net_repost(u32 most)
{
	struct net_queue *q = &net_queue[NET_TX];
	u32 n;

	for (n = 0; n < most && q->seen != q->used->idx; n++, q->seen++)
		net_post(NET_TX, q->used->ring[q->seen % net_qsize].id % net_qsize);
	return n;
}

bool net_send(u32 len)
{
	net_set(NET_TX, 0, gpa(net_tx_page[0]), len, 0, 0);
	net_post(NET_TX, 0);
	net_kick(NET_TX);
	return net_wait(NET_TX, NULL, 5000);
}

bool net_receive(u8 *frame, u64 ms)
{
	struct net_queue *q = &net_queue[NET_RX];
	u32 id;

	if (!net_wait(NET_RX, NULL, ms))
		return false;
	id = q->used->ring[(u16)(q->seen - 1) % net_qsize].id % net_qsize;
	memcpy(frame, net_rx_page[id] + NET_HDR, NET_FRAME);
	net_post(NET_RX, id);
	net_kick(NET_RX);
	return true;
}

bool net_is_answer(const u8 *frame)
{
	return frame[12] == 8 && frame[13] == 6 && frame[21] == 2 && frame[28] == 10 && frame[31] == 1;
}

bool net_answered(u64 ms)
{
	u64 end = rdtsc() + ms * ticks_per_ms();
	static u8 frame[NET_FRAME];

	while (rdtsc() < end) {
		if (!net_receive(frame, 100) || !net_is_answer(frame))
			continue;
		memcpy(net_host, frame + 6, sizeof(net_host));
		return true;
	}
	return false;
}

/* Collects what came, until nothing does for a while: an old answer is none. */
static void drain_rx(void)
{
	static u8 frame[NET_FRAME];

	while (net_receive(frame, 300))
		;
}

bool net_alive(void)
{
	unsigned int i;

	drain_rx();
	for (i = 0; i < 5; i++)
		if (net_send(net_arp(net_tx_page[0])) && net_answered(2000))
			return true;
	return false;
}
