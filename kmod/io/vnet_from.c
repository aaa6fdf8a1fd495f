// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of a guest: out of its transmit ring, checked, into the host's stack.
 * Side: host.  Context: NAPI (softirq), one CPU at a time per ring.
 *
 * A packet is copied as a whole, then looked at: what the guest does to its
 * memory meanwhile does not matter.  Its ring entry is returned at once, so
 * a guest has nothing under way here but what lies in its own ring.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/jiffies.h>
#include <linux/skbuff.h>
#include <linux/virtio_net.h>

#include "hostdom.h"
#include "io/vnet_dev.h"

/* Room in the linear part of a large packet: Ethernet, IP and TCP headers at their longest, and VLAN tags. */
#define VNET_HEAD	256
/* Packets up to this length are linear. */
#define VNET_LINEAR	2048
/* Turns are by weight (vnet_turn.h) while other guests send, too, and until they have not for so long. */
#define VNET_CROWD	(HZ / 20)

/* Where in a request's readable buffers we are. */
struct vnet_pos {
	const struct vring_seg *seg;
	u32		left;		/* segments, this one included */
	u32		off;		/* in this one */
};

static int vnet_pull(struct vdev *v, struct vnet_pos *pos, void *dst, u32 len)
{
	while (len) {
		u32 n;
		int err;

		if (!pos->left)
			return -EINVAL;
		n = min(len, pos->seg->len - pos->off);
		err = vdev_read(v, pos->seg->addr + pos->off, dst, n);
		if (err)
			return err;
		dst += n;
		len -= n;
		pos->off += n;
		if (pos->off == pos->seg->len) {
			pos->seg++;
			pos->left--;
			pos->off = 0;
		}
	}
	return 0;
}

static u64 vnet_chain_len(const struct vring_chain *c)
{
	u64 len = 0;
	u32 i;

	for (i = 0; i < c->nr_out; i++)
		len += c->seg[i].len;
	return len;
}

/* --- the packet as the host's --- */

static struct sk_buff *vnet_alloc_skb(struct vnet_pair *p, u32 len)
{
	const u32 pad = NET_SKB_PAD + NET_IP_ALIGN;
	struct sk_buff *skb;
	int err;

	if (len <= VNET_LINEAR) {
		skb = napi_alloc_skb(&p->napi, len);
		if (skb)
			skb_put(skb, len);
		return skb;
	}
	skb = alloc_skb_with_frags(VNET_HEAD + pad, len - VNET_HEAD, PAGE_ALLOC_COSTLY_ORDER, &err,
				   GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_reserve(skb, pad);
	skb_put(skb, VNET_HEAD);
	skb->data_len = len - VNET_HEAD;
	skb->len += skb->data_len;
	skb->dev = p->n->dev;
	return skb;
}

static int vnet_copy_skb(struct vdev *v, struct vnet_pos *pos, struct sk_buff *skb)
{
	struct skb_shared_info *shared = skb_shinfo(skb);
	int i, err;

	err = vnet_pull(v, pos, skb->data, skb_headlen(skb));
	for (i = 0; i < shared->nr_frags && !err; i++)
		err = vnet_pull(v, pos, skb_frag_address(&shared->frags[i]), skb_frag_size(&shared->frags[i]));
	return err;
}

/* Offloads that were not negotiated are none. */
static bool vnet_header_valid(const struct vnet *n, const struct virtio_net_hdr *hdr, u32 len)
{
	if ((hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) && !vnet_has(n, VIRTIO_NET_F_CSUM))
		return false;
	if (hdr->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return len <= READ_ONCE(n->dev->mtu) + VLAN_ETH_HLEN;
	if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return false;
	if ((hdr->gso_type & VIRTIO_NET_HDR_GSO_ECN) && !vnet_has(n, VIRTIO_NET_F_HOST_ECN))
		return false;
	switch (hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return vnet_has(n, VIRTIO_NET_F_HOST_TSO4);
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return vnet_has(n, VIRTIO_NET_F_HOST_TSO6);
	default:
		return false;
	}
}

/* Segments must be of the protocol that the frame says it is, a checksum must not go where sources stand. */
static bool vnet_set_offloads(struct sk_buff *skb, struct virtio_net_hdr *hdr)
{
	__be16 type = eth_hdr(skb)->h_proto;

	if (hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE && !eth_type_vlan(type) &&
	    !virtio_net_hdr_match_proto(type, hdr->gso_type))
		return false;
	/* the driver's hints and our own flags in it count for nothing */
	hdr->flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM;
	if (hdr->flags && !vnet_checksum_ok(skb->data, skb_headlen(skb), __virtio16_to_cpu(true, hdr->csum_start),
					    __virtio16_to_cpu(true, hdr->csum_offset),
					    hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE))
		return false;
	return !virtio_net_hdr_to_skb(skb, hdr, true);
}

/* Twice a second is often enough. */
static void vnet_solicited(struct vnet *n)
{
	unsigned long last = READ_ONCE(n->solicited);

	if (!n->source.has_ip6 || time_before(jiffies, last + HZ / 2))
		return;
	WRITE_ONCE(n->solicited, jiffies);
	mod_delayed_work(system_wq, &n->advertise, 0);
}

static bool vnet_source_ok(struct vnet_pair *p, const struct sk_buff *skb)
{
	switch (vnet_source_check(&p->n->source, skb->data, skb_headlen(skb))) {
	case VNET_PASS:
		return true;
	case VNET_SOLICIT:
		vnet_solicited(p->n);
		return true;
	case VNET_RUNT:
		p->counts.malformed++;
		return false;
	case VNET_SPOOF:
		p->counts.spoofed++;
		return false;
	default:
		p->counts.refused++;
		return false;
	}
}

static void vnet_give(struct vnet_pair *p, struct sk_buff *skb)
{
	struct net_device *dev = p->n->dev;

	dev_sw_netstats_rx_add(dev, skb->len);
	skb->protocol = eth_type_trans(skb, dev);
	skb_record_rx_queue(skb, p->nr);
	napi_gro_receive(&p->napi, skb);
}

/* --- one request --- */

/* false: the guest broke the ring. */
static bool vnet_from_packet(struct vnet_pair *p, u32 *bytes)
{
	const struct vring_chain *c = &p->from.chain;
	struct vnet_pos pos = { .seg = c->seg, .left = c->nr_out };
	struct virtio_net_hdr_mrg_rxbuf hdr;
	struct vnet *n = p->n;
	u64 len = vnet_chain_len(c);
	struct sk_buff *skb;

	if (len < sizeof(hdr) + ETH_HLEN || len > sizeof(hdr) + ETH_MAX_MTU + VLAN_ETH_HLEN) {
		p->counts.malformed++;
		return true;
	}
	if (vnet_pull(&n->v, &pos, &hdr, sizeof(hdr)))
		return false;
	len -= sizeof(hdr);
	*bytes = len;
	if (!netif_running(n->dev))
		return true;
	if (!vnet_header_valid(n, &hdr.hdr, len)) {
		p->counts.malformed++;
		return true;
	}
	skb = vnet_alloc_skb(p, len);
	if (!skb) {
		p->counts.no_memory++;
		return true;
	}
	if (vnet_copy_skb(&n->v, &pos, skb)) {
		kfree_skb(skb);
		return false;
	}
	skb_reset_mac_header(skb);
	if (!vnet_source_ok(p, skb)) {
		kfree_skb(skb);
	} else if (!vnet_set_offloads(skb, &hdr.hdr)) {
		p->counts.malformed++;
		kfree_skb(skb);
	} else {
		vnet_give(p, skb);
	}
	return true;
}

/* --- NAPI --- */

static void vnet_from_return(struct vnet_ring *r)
{
	if (r->nr_used)
		vdev_put_many(r->q, r->used, r->nr_used);
	r->nr_used = 0;
}

/* One request.  1, 0: none waits, -errno: the ring is broken. */
static int vnet_from_one(struct vnet_pair *p, u32 *bytes)
{
	struct vnet_ring *r = &p->from;
	int ret = vring_next(&r->q->vr, &r->mem, &r->chain);
	bool ok;

	if (ret < 0)
		vdev_break_soon(r->q, r->q->vr.broken);
	if (ret <= 0)
		return ret;
	ok = vnet_from_packet(p, bytes);
	vdev_count(&p->n->v, 0, *bytes, !ok);
	r->used[r->nr_used++] = (struct vring_used_elem){ .id = r->chain.head };
	if (r->nr_used == VNET_RETURN || !ok)
		vnet_from_return(r);
	if (ok)
		return 1;
	vdev_break_soon(r->q, "packet outside of the guest's memory");
	return -EFAULT;
}

/*
 * Whose turn was the last (only compared), and when it was last another's: any CPU, each word by itself,
 * a wrong guess costs a turn. A turn of who is alone is what each packet of another guest would wait for.
 */
static const struct hostdom *last_turn;
static unsigned long crowded = INITIAL_JIFFIES;

static bool vnet_is_crowded(const struct hostdom *h)
{
	if (READ_ONCE(last_turn) != h) {
		if (READ_ONCE(last_turn))
			WRITE_ONCE(crowded, jiffies);
		WRITE_ONCE(last_turn, h);
	}
	return time_before(jiffies, READ_ONCE(crowded) + VNET_CROWD);
}

void vnet_from_turns(struct vnet_pair *p, bool on)
{
	if (p->turns == on)
		return;
	p->turns = on;
	atomic_add(on ? 1 : -1, &p->n->nr_turns);
}

static void vnet_begin_turn(struct vnet_pair *p)
{
	vnet_from_turns(p, true);
	if (vnet_is_crowded(p->n->v.h))
		turn_begin(&p->turn, p->n->weight, atomic_read(&p->n->nr_turns));
	else
		turn_begin_alone(&p->turn);
}

int vnet_from_poll(struct napi_struct *napi, int budget)
{
	struct vnet_pair *p = container_of(napi, struct vnet_pair, napi);
	struct vring *vr = &p->from.q->vr;
	int done = 0, ret = 1;
	u32 bytes;
	u64 wait = 0;

	if (!budget)
		return 0;
	vnet_begin_turn(p);
	vring_notify_off(vr);
	while (done < budget && turn_goes_on(&p->turn)) {
		wait = vnet_rate_wait(&p->n->rate_from);
		if (wait)
			break;
		bytes = 0;
		ret = vnet_from_one(p, &bytes);
		if (ret <= 0)
			break;
		vnet_rate_take(&p->n->rate_from, bytes);
		turn_pay(&p->turn, bytes);
		done++;
	}
	vnet_from_return(&p->from);
	vdev_notice(&p->n->v, VDEV_KICK_QUEUE(p->from.q->nr), !done && ret <= 0);
	if (!wait && ret >= 0 && (ret || vring_notify_on(vr)))
		return budget;
	if (wait) {
		p->counts.throttled_from++;
		hrtimer_start(&p->from_timer, ns_to_ktime(wait), HRTIMER_MODE_REL);
	}
	vnet_from_turns(p, false);
	/* Notifications are on: who kicks before this leaves NAPI's mark for a further turn. */
	done = min(done, budget - 1);
	napi_complete_done(napi, done);
	return done;
}

void vnet_from_schedule(struct vnet_pair *p)
{
	if (in_interrupt() || irqs_disabled()) {
		napi_schedule(&p->napi);
		return;
	}
	/* the softirq shall run now, not in its thread */
	local_bh_disable();
	napi_schedule(&p->napi);
	local_bh_enable();
}

enum hrtimer_restart vnet_from_timer(struct hrtimer *t)
{
	napi_schedule(&container_of(t, struct vnet_pair, from_timer)->napi);
	return HRTIMER_NORESTART;
}
