// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-net back end: life of an interface, its queues, its control queue.
 * Side: host.  Context: the device's thread and ioctls.  Locks: hostdom.lock, then the RTNL
 * lock or vnets_lock.
 *
 * Queues 2i and 2i + 1 are the guest's receive and transmit queue of pair i; the
 * last is the control queue.  Packets are moved in vnet_from.c and vnet_to.c, without the
 * device's thread.
 */
#include <linux/etherdevice.h>
#include <linux/in.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/stringify.h>
#include <linux/virtio_net.h>
#include <linux/vmalloc.h>
#include <uapi/linux/virtio_config.h>
#include <uapi/linux/virtio_ids.h>

#include "hostdom.h"
#include "io/vnet.h"
#include "io/vnet_dev.h"

#define VNET_QUEUE_SIZE	128
#define VNET_CTRL_SIZE	16
#define VNET_CTRL_BATCH	16
#define VNET_RA_AGAIN	(6 * 3600 * HZ)
#define VNET_FLAGS	(PVHV_NET_ROUTED | PVHV_NET_IP4 | PVHV_NET_IP6)

#define VNET_FEATURES	(BIT_ULL(VIRTIO_NET_F_CSUM) | BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) | \
			 BIT_ULL(VIRTIO_NET_F_MTU) | BIT_ULL(VIRTIO_NET_F_MAC) | \
			 BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) | \
			 BIT_ULL(VIRTIO_NET_F_GUEST_ECN) | BIT_ULL(VIRTIO_NET_F_HOST_TSO4) | \
			 BIT_ULL(VIRTIO_NET_F_HOST_TSO6) | BIT_ULL(VIRTIO_NET_F_HOST_ECN) | \
			 BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) | BIT_ULL(VIRTIO_NET_F_STATUS) | \
			 BIT_ULL(VIRTIO_NET_F_CTRL_VQ))

static DEFINE_MUTEX(vnets_lock);
static LIST_HEAD(vnets);

static struct vnet *to_vnet(struct vdev *v)
{
	return container_of(v, struct vnet, v);
}

/* --- queues --- */

static unsigned int vnet_ctrl_index(const struct vnet *n)
{
	return vnet_has(n, VIRTIO_NET_F_MQ) ? 2 * n->nr_pairs : 2;
}

/* NULL: the control queue, or one that no driver of these features has. */
static struct vnet_pair *vnet_pair(struct vnet *n, const struct vdev_queue *q)
{
	return q->nr < vnet_ctrl_index(n) ? &n->pair[q->nr / 2] : NULL;
}

static bool vnet_is_from(const struct vdev_queue *q)
{
	return q->nr & 1;
}

static void vnet_ring_init(struct vnet_ring *r, struct vdev_queue *q)
{
	r->q = q;
	r->mem.read = q->v->mem.read;
	r->mem.ctx = q->v->mem.ctx;
	r->nr_used = 0;
}

static void vnet_from_set(struct vnet_pair *p, struct vdev_queue *q)
{
	if (!q == !p->from.on)
		return;
	if (q) {
		vnet_ring_init(&p->from, q);
		p->from.on = true;
		napi_enable(&p->napi);
		return;
	}
	napi_disable(&p->napi);
	vnet_from_turns(p, false);
	hrtimer_cancel(&p->from_timer);
	p->from.on = false;
}

static void vnet_to_set(struct vnet_pair *p, struct vdev_queue *q)
{
	struct netdev_queue *txq = netdev_get_tx_queue(p->n->dev, p->nr);

	__netif_tx_lock_bh(txq);
	if (q) {
		vnet_ring_init(&p->to, q);
		vring_notify_off(&q->vr);
		p->to_asked = false;
	}
	WRITE_ONCE(p->to.on, q);
	__netif_tx_unlock_bh(txq);
	if (q)
		return;
	hrtimer_cancel(&p->to_timer);
	del_timer_sync(&p->stall);
	WRITE_ONCE(p->stalled, false);
}

static void vnet_queue_on(struct vdev *v, struct vdev_queue *q)
{
	struct vnet_pair *p = vnet_pair(to_vnet(v), q);

	if (p && vnet_is_from(q))
		vnet_from_set(p, q);
	else if (p)
		vnet_to_set(p, q);
}

static void vnet_queue_off(struct vdev *v, struct vdev_queue *q)
{
	struct vnet_pair *p = vnet_pair(to_vnet(v), q);

	if (p && vnet_is_from(q))
		vnet_from_set(p, NULL);
	else if (p)
		vnet_to_set(p, NULL);
}

static bool vnet_notified(struct vdev *v, struct vdev_queue *q)
{
	struct vnet_pair *p = vnet_pair(to_vnet(v), q);

	if (!p || !(READ_ONCE(v->status) & VIRTIO_CONFIG_S_DRIVER_OK))
		return false;
	if (vnet_is_from(q))
		vnet_from_schedule(p);
	else if (vnet_to_refilled(p))
		vdev_notice(v, VDEV_KICK_QUEUE(q->nr), false);
	else
		return false;
	return true;
}

/* The host's end has carrier while a driver is at work in the guest. */
static void vnet_status(struct vdev *v)
{
	struct vnet *n = to_vnet(v);

	if ((v->status & VIRTIO_CONFIG_S_DRIVER_OK) && !(v->status & VIRTIO_CONFIG_S_NEEDS_RESET)) {
		netif_carrier_on(n->dev);
		return;
	}
	netif_carrier_off(n->dev);
	if (!v->status)
		WRITE_ONCE(n->used_pairs, 1);
}

/* --- control queue --- */

/* The first max bytes that the device reads of a request; how many, or -errno. */
static int vnet_ctrl_read(struct vdev *v, const struct vring_chain *c, u8 *buf, u32 max)
{
	u32 i, n, done = 0;
	int err;

	for (i = 0; i < c->nr_out && done < max; i++, done += n) {
		n = min(c->seg[i].len, max - done);
		err = vdev_read(v, c->seg[i].addr, buf + done, n);
		if (err)
			return err;
	}
	return done;
}

static u8 vnet_ctrl_pairs(struct vnet *n, const u8 *arg)
{
	unsigned int i, pairs = arg[0] | arg[1] << 8;

	if (!vnet_has(n, VIRTIO_NET_F_MQ) || !pairs || pairs > n->nr_pairs)
		return VIRTIO_NET_ERR;
	for (i = 0; i < pairs; i++)
		if (!READ_ONCE(n->pair[i].to.on) || !n->pair[i].from.on)
			return VIRTIO_NET_ERR;
	WRITE_ONCE(n->used_pairs, pairs);
	return VIRTIO_NET_OK;
}

static void vnet_ctrl_request(struct vnet *n, struct vdev_queue *q)
{
	const struct vring_chain *c = &n->v.chain;
	u8 request[4], ack = VIRTIO_NET_ERR;
	int len = vnet_ctrl_read(&n->v, c, request, sizeof(request));

	if (len == sizeof(request) && request[0] == VIRTIO_NET_CTRL_MQ &&
	    request[1] == VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET)
		ack = vnet_ctrl_pairs(n, request + 2);
	if (len < 0 || !c->nr_in || vdev_write(&n->v, c->seg[c->nr_out].addr, &ack, sizeof(ack))) {
		vdev_break(q, "control request outside of the guest's memory");
		vdev_put(q, c->head, 0);
		return;
	}
	vdev_put(q, c->head, sizeof(ack));
}

static enum vdev_turn vnet_run_ctrl(struct vnet *n, struct vdev_queue *q)
{
	unsigned int i;

	for (i = 0; i < VNET_CTRL_BATCH && !vdev_interrupted(&n->v) && !q->vr.broken; i++) {
		if (!vdev_next(q))
			return VDEV_EMPTY;
		vnet_ctrl_request(n, q);
	}
	return VDEV_MORE;
}

/* Data queues come here after DRIVER_OK, and when their notifications are to no purpose. */
static enum vdev_turn vnet_run(struct vdev *v, struct vdev_queue *q)
{
	struct vnet *n = to_vnet(v);
	struct vnet_pair *p = vnet_pair(n, q);

	if (!p)
		return q->nr == vnet_ctrl_index(n) ? vnet_run_ctrl(n, q) : VDEV_LATER;
	if (vnet_is_from(q))
		vnet_from_schedule(p);
	else
		vnet_to_refilled(p);
	return VDEV_LATER;
}

/* --- life --- */

static void vnet_advertise(struct work_struct *work)
{
	struct vnet *n = container_of(to_delayed_work(work), struct vnet, advertise);

	if (!netif_running(n->dev) || !netif_carrier_ok(n->dev))
		return;
	vnet_ra_send(n);
	queue_delayed_work(system_wq, &n->advertise, VNET_RA_AGAIN);
}

static void vnet_unlist(struct vnet *n)
{
	mutex_lock(&vnets_lock);
	list_del(&n->link);
	mutex_unlock(&vnets_lock);
}

static void vnet_free(struct vnet *n)
{
	vnet_dev_free(n->dev);
	vfree(n);
}

static void vnet_release(struct vdev *v)
{
	struct vnet *n = to_vnet(v);

	cancel_delayed_work_sync(&n->advertise);
	unregister_netdev(n->dev);
	vnet_unlist(n);
	vnet_free(n);
}

static const struct vdev_ops vnet_ops = {
	.name = "net",
	.run = vnet_run,
	.notified = vnet_notified,
	.queue_on = vnet_queue_on,
	.queue_off = vnet_queue_off,
	.status = vnet_status,
	.release = vnet_release,
};

static void vnet_init_pair(struct vnet *n, unsigned int nr)
{
	struct vnet_pair *p = &n->pair[nr];

	p->n = n;
	p->nr = nr;
	hrtimer_init(&p->from_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	p->from_timer.function = vnet_from_timer;
	hrtimer_init(&p->to_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	p->to_timer.function = vnet_to_timer;
	timer_setup(&p->stall, vnet_to_stall, 0);
	netif_napi_add(n->dev, &p->napi, vnet_from_poll);
}

static void vnet_init_source(struct vnet *n, const struct pvhv_dom_net *arg)
{
	struct vnet_source *s = &n->source;

	ether_addr_copy(s->mac, arg->mac);
	s->routed = arg->flags & PVHV_NET_ROUTED;
	s->has_ip4 = arg->flags & PVHV_NET_IP4;
	s->has_ip6 = arg->flags & PVHV_NET_IP6;
	memcpy(s->ip4, arg->ip4, sizeof(s->ip4));
	memcpy(s->ip6, arg->ip6, sizeof(s->ip6));
	s->link6[0] = 0xfe;
	s->link6[1] = 0x80;
	vnet_source_eui64(s->mac, s->link6 + 8);
}

static struct vnet *vnet_alloc(struct hostdom *h, const struct pvhv_dom_net *arg)
{
	unsigned int i, nr_pairs = min_t(unsigned int, h->dom->nr_vcpus, VNET_MAX_PAIRS);
	/* whole pages: kmalloc would take the next power of two of them */
	struct vnet *n = vzalloc(struct_size(n, pair, nr_pairs));
	char ifname[IFNAMSIZ];

	if (!n)
		return NULL;
	n->index = arg->index;
	n->flags = arg->flags;
	n->weight = arg->weight ?: PVHV_NET_WEIGHT;
	n->nr_pairs = nr_pairs;
	n->used_pairs = 1;
	n->solicited = jiffies - HZ;
	vnet_init_source(n, arg);
	vnet_rate_init(&n->rate_from, arg->rate_from);
	vnet_rate_init(&n->rate_to, arg->rate_to);
	INIT_DELAYED_WORK(&n->advertise, vnet_advertise);
	snprintf(ifname, sizeof(ifname), "pv%u.%u", h->dom->id, n->index);
	n->dev = vnet_dev_alloc(n, arg->mtu ?: ETH_DATA_LEN, ifname);
	if (!n->dev) {
		vfree(n);
		return NULL;
	}
	for (i = 0; i < n->nr_pairs; i++)
		vnet_init_pair(n, i);
	return n;
}

static int vnet_add(struct hostdom *h, struct vnet *n)
{
	struct virtio_net_config config = {
		.max_virtqueue_pairs = (__force __virtio16)cpu_to_le16(n->nr_pairs),
		.mtu = (__force __virtio16)cpu_to_le16(n->dev->mtu),
	};
	const struct vdev_desc desc = {
		.ops = &vnet_ops,
		.device_id = VIRTIO_ID_NET,
		.nr_queues = 2 * n->nr_pairs + 1,
		.max_size = VNET_QUEUE_SIZE,
		.features = VNET_FEATURES | (n->nr_pairs > 1 ? BIT_ULL(VIRTIO_NET_F_MQ) : 0),
		.config = &config,
		.config_len = sizeof(config),
	};
	int err;

	BUILD_BUG_ON(2 * VNET_MAX_PAIRS + 1 > PVHV_VDEV_MAX_QUEUES);
	ether_addr_copy(config.mac, n->source.mac);
	err = vdev_add(h, &n->v, &desc);
	if (err)
		return err;
	vnet_dev_attached(n);
	return 0;
}

/* --- what the user asks for --- */

static const char *vnet_refusal(const struct pvhv_dom_net *arg)
{
	u8 id[8];

	if ((arg->flags & ~VNET_FLAGS) || memchr_inv(arg->reserved, 0, sizeof(arg->reserved)) ||
	    memchr_inv(arg->pad, 0, sizeof(arg->pad)))
		return "unknown flags or reserved fields: the tool is newer than the module";
	if (!is_valid_ether_addr(arg->mac))
		return "the MAC address is zero or a group's: choose one whose first byte is even, such as 02:...";
	if (arg->mtu && (arg->mtu < ETH_MIN_MTU || arg->mtu > ETH_MAX_MTU - ETH_HLEN))
		return "the MTU must be from 68 to 65521";
	if (arg->index >= 1000)
		return "a guest's interfaces have numbers below 1000";
	if (arg->rate_from > VNET_RATE_MAX || arg->rate_to > VNET_RATE_MAX)
		return "a rate may be 8 GiB/s at most; leave it out for no limit";
	if (arg->weight > PVHV_NET_WEIGHT_MAX)
		return "the weight must be 1 to " __stringify(PVHV_NET_WEIGHT_MAX);
	if ((arg->flags & PVHV_NET_IP4) &&
	    (!arg->ip4[0] || arg->ip4[0] == 127 || arg->ip4[0] >= 224))
		return "no guest can have this IPv4 address";
	vnet_source_eui64(arg->mac, id);
	if ((arg->flags & PVHV_NET_IP6) &&
	    (arg->ip6[0] == 0xff || (arg->ip6[0] == 0xfe && (arg->ip6[1] & 0xc0) == 0x80) ||
	     memcmp(arg->ip6 + 8, id, sizeof(id))))
		return "no guest can have this IPv6 address: it is a global prefix of 64 bits and the EUI-64 of the MAC address";
	return NULL;
}

/* vnets_lock is held. */
static int vnet_check_unique(const struct vnet *n, char *msg)
{
	const struct vnet_source *s = &n->source;
	struct vnet *o;

	list_for_each_entry(o, &vnets, link) {
		const struct vnet_source *t = &o->source;
		const char *what = NULL;

		if (ether_addr_equal_unaligned(s->mac, t->mac))
			what = "MAC address";
		else if (s->has_ip4 && t->has_ip4 && !memcmp(s->ip4, t->ip4, sizeof(s->ip4)))
			what = "IPv4 address";
		if (!what)
			continue;
		snprintf(msg, PVHV_MSG_MAX, "guest '%s' has the same %s on %s: choose another one",
			 o->v.h->dom->name, what, o->dev->name);
		return -EEXIST;
	}
	return 0;
}

static int vnet_list(struct vnet *n, char *msg)
{
	int err;

	mutex_lock(&vnets_lock);
	err = vnet_check_unique(n, msg);
	if (!err)
		list_add_tail(&n->link, &vnets);
	mutex_unlock(&vnets_lock);
	return err;
}

static int vnet_register(struct hostdom *h, struct vnet *n, char *msg)
{
	int err = register_netdev(n->dev);

	if (err) {
		snprintf(msg, PVHV_MSG_MAX, "the host's network interface %s cannot be made: error %d%s",
			 n->dev->name, err, err == -EEXIST ? "; rename or remove the one with that name" : "");
		return err;
	}
	err = vnet_add(h, n);
	if (!err)
		return 0;
	snprintf(msg, PVHV_MSG_MAX, "cannot add a device: error %d (at most %d per guest)", err,
		 PVHV_MAX_VDEVS);
	unregister_netdev(n->dev);
	return err;
}

int vnet_attach(struct hostdom *h, struct pvhv_dom_net *arg, char *msg)
{
	const char *refusal = vnet_refusal(arg);
	struct vnet *n;
	int err;

	if (refusal) {
		strscpy(msg, refusal, PVHV_MSG_MAX);
		return -EINVAL;
	}
	n = vnet_alloc(h, arg);
	if (!n)
		return -ENOMEM;
	n->v.h = h;
	err = vnet_list(n, msg);
	if (err)
		goto free;
	err = vnet_register(h, n, msg);
	if (err)
		goto unlist;
	arg->vdev = n->v.index;
	arg->ifindex = n->dev->ifindex;
	strscpy(arg->ifname, n->dev->name, sizeof(arg->ifname));
	return 0;

unlist:
	vnet_unlist(n);
free:
	vnet_free(n);
	return err;
}

/* --- what the user may know --- */

static void vnet_fill_info(const struct vnet *n, struct pvhv_net_info *info)
{
	unsigned int i;

	info->index = n->index;
	info->flags = n->flags;
	info->mtu = READ_ONCE(n->dev->mtu);
	info->ifindex = n->dev->ifindex;
	ether_addr_copy(info->mac, n->source.mac);
	memcpy(info->ip4, n->source.ip4, sizeof(info->ip4));
	memcpy(info->ip6, n->source.ip6, sizeof(info->ip6));
	info->queues = READ_ONCE(n->used_pairs);
	info->weight = n->weight;
	info->rate_from = n->rate_from.rate;
	info->rate_to = n->rate_to.rate;
	strscpy(info->ifname, n->dev->name, sizeof(info->ifname));
	for (i = 0; i < n->nr_pairs; i++) {
		const struct vnet_counts *c = &n->pair[i].counts;

		info->spoofed += READ_ONCE(c->spoofed);
		info->refused += READ_ONCE(c->refused);
		info->malformed += READ_ONCE(c->malformed);
		info->no_buffer += READ_ONCE(c->no_buffer) + READ_ONCE(c->too_big);
		info->foreign += READ_ONCE(c->foreign);
	}
}

int vnet_get_info(struct pvhv_net_info *info)
{
	const struct pvhv_net_info in = *info;
	struct vnet *n, *found = NULL;

	memset(info, 0, sizeof(*info));
	info->size = in.size;
	info->domid = in.domid;

	mutex_lock(&vnets_lock);
	list_for_each_entry(n, &vnets, link) {
		if (n->v.h->dom->id != in.domid || n->index < in.index)
			continue;
		if (!found || n->index < found->index)
			found = n;
	}
	if (found)
		vnet_fill_info(found, info);
	mutex_unlock(&vnets_lock);
	return found ? 0 : -ENOENT;
}
