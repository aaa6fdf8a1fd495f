// SPDX-License-Identifier: GPL-2.0
/*
 * Packets for a guest: the host's interface transmits straight into the
 * guest's receive ring.
 * Side: host.  Context: whoever sends, with the transmit queue's lock held, which is
 * the lock of the ring, too; timers.
 *
 * Without buffers the queue stops, and the host's queueing discipline holds
 * what it may hold.  The guest's kick wakes it.  What counts is what the guest collects, not that it
 * kicks: with hardly a buffer used in a second it is stalled, and packets that find none are
 * dropped until some were, so that senders do not wait for a dead guest.
 */
#include <linux/etherdevice.h>
#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/virtio_net.h>

#include "hostdom.h"
#include "io/vnet_dev.h"

#define VNET_HDR_LEN	sizeof(struct virtio_net_hdr_mrg_rxbuf)
#define VNET_NUM_OFF	offsetof(struct virtio_net_hdr_mrg_rxbuf, num_buffers)
#define VNET_STALL	HZ
#define VNET_STALL_LEAST 16	/* buffers in that time; who stops and goes on uses all of its ring's */

/* A packet on its way into buffers. */
struct vnet_copy {
	struct vdev	*v;
	const struct sk_buff *skb;
	struct virtio_net_hdr_mrg_rxbuf hdr;
	u32		pos, total;	/* the header counts */
	u64		num[2];		/* where the bytes of num_buffers went */
};

static struct netdev_queue *vnet_txq(const struct vnet_pair *p)
{
	return netdev_get_tx_queue(p->n->dev, p->nr);
}

/* --- copying --- */

/* n bytes from c->pos on; they do not cross from the header into the packet. */
static void vnet_fill_bytes(struct vnet_copy *c, u64 gpa, void *to, u32 n)
{
	u32 i;

	if (c->pos >= VNET_HDR_LEN) {
		skb_copy_bits(c->skb, c->pos - VNET_HDR_LEN, to, n);
		return;
	}
	memcpy(to, (u8 *)&c->hdr + c->pos, n);
	for (i = 0; i < 2; i++)
		if (c->pos <= VNET_NUM_OFF + i && c->pos + n > VNET_NUM_OFF + i)
			c->num[i] = gpa + VNET_NUM_OFF + i - c->pos;
}

/* As much as fits into one buffer. */
static int vnet_fill_seg(struct vnet_copy *c, const struct vring_seg *seg)
{
	u64 gpa = seg->addr;
	u32 left = min(seg->len, c->total - c->pos), n;

	while (left) {
		u32 off = offset_in_page(gpa), here = min_t(u32, left, PAGE_SIZE - off);
		struct page *page;
		int err;

		err = hostdom_frame_get(c->v->h, gpa, true, &page);
		if (err)
			return err;
		for (left -= here; here; here -= n, off += n, gpa += n, c->pos += n) {
			n = here;
			if (c->pos < VNET_HDR_LEN)
				n = min_t(u32, n, VNET_HDR_LEN - c->pos);
			vnet_fill_bytes(c, gpa, page_address(page) + off, n);
		}
		hostdom_frame_put(c->v->h, page, true);
	}
	return 0;
}

static int vnet_fill_chain(struct vnet_copy *c, const struct vring_chain *chain)
{
	u32 i;
	int err;

	for (i = chain->nr_out; i < chain->nr_out + chain->nr_in && c->pos < c->total; i++) {
		err = vnet_fill_seg(c, &chain->seg[i]);
		if (err)
			return err;
	}
	return 0;
}

static int vnet_fill_num(struct vnet_copy *c, u16 num)
{
	const u8 bytes[2] = { num & 0xff, num >> 8 };
	int err;

	if (num == 1)
		return 0;
	if (c->num[1] == c->num[0] + 1)
		return vdev_write(c->v, c->num[0], bytes, 2);
	err = vdev_write(c->v, c->num[0], bytes, 1);
	return err ?: vdev_write(c->v, c->num[1], bytes + 1, 1);
}

/*
 * Fills as many buffers as the packet needs.  -ENOBUFS: not enough of them yet; -EMSGSIZE: never
 * will be; -EPROTO: the ring is broken.
 */
static int vnet_fill(struct vnet_pair *p, struct vnet_copy *c)
{
	struct vnet_ring *r = &p->to;
	struct vring *vr = &r->q->vr;
	bool merge = vnet_has(p->n, VIRTIO_NET_F_MRG_RXBUF);
	u32 before;
	int ret;

	while (c->pos < c->total) {
		if (r->nr_used == vr->num || (r->nr_used && !merge))
			return -EMSGSIZE;
		ret = vring_next(vr, &r->mem, &r->chain);
		if (ret < 0)
			return -EPROTO;
		if (!ret)
			return -ENOBUFS;
		before = c->pos;
		r->used[r->nr_used].id = r->chain.head;
		r->nr_used++;
		if (vnet_fill_chain(c, &r->chain)) {
			vr->broken = "receive buffer is no plain memory of the guest";
			return -EPROTO;
		}
		if (c->pos == before) {
			vr->broken = "receive buffer without room";
			return -EPROTO;
		}
		r->used[r->nr_used - 1].len = c->pos - before;
	}
	return 0;
}

/* --- a packet --- */

static int vnet_make_header(struct vnet *n, struct sk_buff *skb, struct virtio_net_hdr_mrg_rxbuf *hdr)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL && !vnet_has(n, VIRTIO_NET_F_GUEST_CSUM) &&
	    skb_checksum_help(skb))
		return -EINVAL;
	if (virtio_net_hdr_from_skb(skb, &hdr->hdr, true, false, 0))
		return -EINVAL;
	hdr->num_buffers = (__force __virtio16)cpu_to_le16(1);
	return 0;
}

static int vnet_deliver(struct vnet_pair *p, struct sk_buff *skb)
{
	struct vnet_ring *r = &p->to;
	struct vnet_copy c = { .v = &p->n->v, .skb = skb, .total = VNET_HDR_LEN + skb->len };
	u16 taken;
	int err;

	if (vnet_make_header(p->n, skb, &c.hdr))
		return -EINVAL;
	r->nr_used = 0;
	err = vnet_fill(p, &c);
	if (!err && vnet_fill_num(&c, r->nr_used))
		err = -EPROTO;
	taken = r->nr_used;
	if (!err)
		vdev_put_many(r->q, r->used, taken);
	else
		vring_untake(&r->q->vr, taken);
	if (err == -EPROTO)
		vdev_break_soon(r->q, r->q->vr.broken ?: "receive buffer is no plain memory of the guest");
	return err;
}

/* --- stop and go --- */

/* How many buffers from now on? */
static void vnet_to_watch(struct vnet_pair *p)
{
	WRITE_ONCE(p->watched, READ_ONCE(p->delivered));
	mod_timer(&p->stall, jiffies + VNET_STALL);
}

static bool vnet_to_collects(const struct vnet_pair *p)
{
	return READ_ONCE(p->delivered) - READ_ONCE(p->watched) >= VNET_STALL_LEAST;
}

/* true: there are more buffers after all. */
static bool vnet_to_stop(struct vnet_pair *p)
{
	struct vring *vr = &p->to.q->vr;

	netif_tx_stop_queue(vnet_txq(p));
	p->to_asked = true;
	/* pairs with vnet_to_refilled: it sees the queue stopped, or we see the buffers */
	if (!vring_notify_on_more(vr)) {
		if (!timer_pending(&p->stall))
			vnet_to_watch(p);
		return false;
	}
	netif_tx_start_queue(vnet_txq(p));
	return true;
}

/* The queue goes on: the guest need not notify before it stops again. */
static void vnet_to_go(struct vnet_pair *p)
{
	if (p->to_asked)
		vring_notify_off(&p->to.q->vr);
	p->to_asked = false;
}

/*
 * Only the lock's holder may look whether there are buffers. That the last kick brought none which a packet
 * took shows at the next one.
 */
bool vnet_to_refilled(struct vnet_pair *p)
{
	u32 delivered = READ_ONCE(p->delivered);
	bool useful = delivered != READ_ONCE(p->kicked);

	if (!netif_tx_queue_stopped(vnet_txq(p)))
		return false;
	WRITE_ONCE(p->kicked, delivered);
	if (READ_ONCE(p->to.on) && netif_running(p->n->dev))
		netif_tx_wake_queue(vnet_txq(p));
	return useful;
}

void vnet_to_stall(struct timer_list *t)
{
	struct vnet_pair *p = from_timer(p, t, stall);

	if (!netif_tx_queue_stopped(vnet_txq(p)))
		return;
	if (vnet_to_collects(p)) {
		vnet_to_watch(p);
		return;
	}
	WRITE_ONCE(p->stalled, true);
	p->counts.stalls++;
	netif_tx_wake_queue(vnet_txq(p));
}

static void vnet_to_delivered(struct vnet_pair *p)
{
	WRITE_ONCE(p->delivered, p->delivered + p->to.nr_used);
	if (READ_ONCE(p->stalled) && vnet_to_collects(p))
		WRITE_ONCE(p->stalled, false);
}

enum hrtimer_restart vnet_to_timer(struct hrtimer *t)
{
	netif_tx_wake_queue(vnet_txq(container_of(t, struct vnet_pair, to_timer)));
	return HRTIMER_NORESTART;
}

static bool vnet_to_throttle(struct vnet_pair *p)
{
	u64 wait = vnet_rate_wait(&p->n->rate_to);

	if (!wait)
		return false;
	p->counts.throttled_to++;
	netif_tx_stop_queue(vnet_txq(p));
	hrtimer_start(&p->to_timer, ns_to_ktime(wait), HRTIMER_MODE_REL);
	return true;
}

/* A bridge floods what it does not know yet; no guest sees another one's unicast by that. */
static bool vnet_foreign(const struct vnet *n, const struct sk_buff *skb)
{
	const u8 *to = eth_hdr(skb)->h_dest;

	return !is_multicast_ether_addr(to) && !ether_addr_equal(to, n->source.mac);
}

static netdev_tx_t vnet_drop(struct net_device *dev, struct sk_buff *skb, u64 *count)
{
	(*count)++;
	dev_core_stats_tx_dropped_inc(dev);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

netdev_tx_t vnet_to_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct vnet *n = vnet_of(dev);
	struct vnet_pair *p = &n->pair[skb_get_queue_mapping(skb)];
	u32 len = skb->len;
	bool stalled;
	int err;

	skb_reset_mac_header(skb);
	if (len < ETH_HLEN || !pskb_may_pull(skb, ETH_HLEN) || vnet_foreign(n, skb))
		return vnet_drop(dev, skb, &p->counts.foreign);
	if (!p->to.on || p->to.q->vr.broken)
		return vnet_drop(dev, skb, &p->counts.no_buffer);
	if (vnet_to_throttle(p))
		return NETDEV_TX_BUSY;

	skb_tx_timestamp(skb);
	vnet_to_go(p);
	stalled = READ_ONCE(p->stalled);
	do {
		err = vnet_deliver(p, skb);
	} while (err == -ENOBUFS && !stalled && vnet_to_stop(p));
	if (err == -ENOBUFS && !stalled)
		return NETDEV_TX_BUSY;
	if (err)
		return vnet_drop(dev, skb, err == -EINVAL || err == -EMSGSIZE ? &p->counts.too_big : &p->counts.no_buffer);

	vnet_to_delivered(p);
	vnet_rate_take(&n->rate_to, len);
	vdev_count(&n->v, len, 0, false);
	dev_sw_netstats_tx_add(dev, 1, len);
	dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
}
