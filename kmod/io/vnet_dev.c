// SPDX-License-Identifier: GPL-2.0
/*
 * The host's end of a guest's interface: an ordinary Ethernet interface.
 * Side: host.  Context: process, under the RTNL lock, where not said otherwise.
 * Nothing here waits for the device's thread, which takes that lock itself.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <net/net_namespace.h>

#include "hostdom.h"
#include "io/vnet_dev.h"

#define VNET_FEATURES	(NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_HIGHDMA | \
			 NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN)

/* The guest's link is up while the host's end is. */
static void vnet_tell_link(struct vnet *n, bool up)
{
	__virtio16 status = (__force __virtio16)cpu_to_le16(up ? VIRTIO_NET_S_LINK_UP : 0);

	/* pairs with vnet_dev_attached, which looks at the interface afterwards */
	if (smp_load_acquire(&n->attached))
		vdev_set_config(&n->v, offsetof(struct virtio_net_config, status), &status, sizeof(status));
}

static int vnet_open(struct net_device *dev)
{
	netif_tx_start_all_queues(dev);
	vnet_tell_link(vnet_of(dev), true);
	return 0;
}

static int vnet_stop(struct net_device *dev)
{
	netif_tx_stop_all_queues(dev);
	vnet_tell_link(vnet_of(dev), false);
	return 0;
}

/* Any context that sends: the pairs that the guest uses may be fewer than there are. */
static u16 vnet_select_queue(struct net_device *dev, struct sk_buff *skb, struct net_device *sb)
{
	return netdev_pick_tx(dev, skb, sb) % READ_ONCE(vnet_of(dev)->used_pairs);
}

/* Any context that sends: what the guest did not ask for the stack does. */
static netdev_features_t vnet_features_check(struct sk_buff *skb, struct net_device *dev,
					     netdev_features_t features)
{
	const struct vnet *n = vnet_of(dev);

	if (!vnet_has(n, VIRTIO_NET_F_GUEST_CSUM))
		return features & ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);
	if (!vnet_has(n, VIRTIO_NET_F_GUEST_TSO4))
		features &= ~NETIF_F_TSO;
	if (!vnet_has(n, VIRTIO_NET_F_GUEST_TSO6))
		features &= ~NETIF_F_TSO6;
	if (!vnet_has(n, VIRTIO_NET_F_GUEST_ECN))
		features &= ~NETIF_F_TSO_ECN;
	return features;
}

static const struct net_device_ops vnet_netdev_ops = {
	.ndo_open		= vnet_open,
	.ndo_stop		= vnet_stop,
	.ndo_start_xmit		= vnet_to_xmit,
	.ndo_select_queue	= vnet_select_queue,
	.ndo_features_check	= vnet_features_check,
	.ndo_get_stats64	= dev_get_tstats64,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_set_mac_address	= eth_mac_addr,
};

/* --- ethtool --- */

static const struct {
	char	name[ETH_GSTRING_LEN];
	size_t	offset;
} vnet_stats[] = {
#define VNET_STAT(name)	{ #name, offsetof(struct vnet_counts, name) }
	VNET_STAT(spoofed),
	VNET_STAT(refused),
	VNET_STAT(malformed),
	VNET_STAT(no_memory),
	VNET_STAT(no_buffer),
	VNET_STAT(foreign),
	VNET_STAT(too_big),
	VNET_STAT(stalls),
	VNET_STAT(throttled_from),
	VNET_STAT(throttled_to),
#undef VNET_STAT
};

static void vnet_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct vnet *n = vnet_of(dev);

	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	snprintf(info->bus_info, sizeof(info->bus_info), "%u:%u", n->v.h->dom->id, n->v.index);
}

static int vnet_get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(vnet_stats) : -EOPNOTSUPP;
}

static void vnet_get_strings(struct net_device *dev, u32 set, u8 *out)
{
	unsigned int i;

	for (i = 0; set == ETH_SS_STATS && i < ARRAY_SIZE(vnet_stats); i++)
		memcpy(out + i * ETH_GSTRING_LEN, vnet_stats[i].name, ETH_GSTRING_LEN);
}

static void vnet_get_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	const struct vnet *n = vnet_of(dev);
	unsigned int i, p;

	for (i = 0; i < ARRAY_SIZE(vnet_stats); i++) {
		data[i] = 0;
		for (p = 0; p < n->nr_pairs; p++)
			data[i] += READ_ONCE(*(u64 *)((void *)&n->pair[p].counts + vnet_stats[i].offset));
	}
}

static void vnet_get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	const struct vnet *n = vnet_of(dev);

	ch->max_combined = n->nr_pairs;
	ch->combined_count = READ_ONCE(n->used_pairs);
}

static const struct ethtool_ops vnet_ethtool_ops = {
	.get_drvinfo		= vnet_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_ts_info		= ethtool_op_get_ts_info,
	.get_sset_count		= vnet_get_sset_count,
	.get_strings		= vnet_get_strings,
	.get_ethtool_stats	= vnet_get_stats,
	.get_channels		= vnet_get_channels,
};

/* --- life --- */

void vnet_dev_free(struct net_device *dev)
{
	free_percpu(dev->tstats);
	free_netdev(dev);
}

static const struct device_type vnet_type = { .name = "pvhv" };

/* Its own address differs from the guest's in the first byte; a bridge never takes it for its own. */
static void vnet_dev_address(struct vnet *n, struct net_device *dev)
{
	u8 addr[ETH_ALEN];

	ether_addr_copy(addr, n->source.mac);
	addr[0] = addr[0] == 0xfe ? 0xfa : 0xfe;
	eth_hw_addr_set(dev, addr);
}

void vnet_dev_attached(struct vnet *n)
{
	rtnl_lock();
	/* pairs with vnet_tell_link */
	smp_store_release(&n->attached, true);
	vnet_tell_link(n, netif_running(n->dev));
	rtnl_unlock();
}

struct net_device *vnet_dev_alloc(struct vnet *n, u32 mtu, const char *ifname)
{
	struct net_device *dev;

	dev = alloc_etherdev_mqs(sizeof(struct vnet_dev), n->nr_pairs, n->nr_pairs);
	if (!dev)
		return NULL;
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	if (!dev->tstats) {
		free_netdev(dev);
		return NULL;
	}
	((struct vnet_dev *)netdev_priv(dev))->n = n;
	strscpy(dev->name, ifname, sizeof(dev->name));
	dev_net_set(dev, current->nsproxy->net_ns);
	dev->netdev_ops = &vnet_netdev_ops;
	dev->ethtool_ops = &vnet_ethtool_ops;
	SET_NETDEV_DEVTYPE(dev, &vnet_type);
	dev->features = VNET_FEATURES;
	dev->hw_features = VNET_FEATURES;
	dev->vlan_features = VNET_FEATURES;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU - ETH_HLEN;
	dev->mtu = mtu;
	vnet_dev_address(n, dev);
	netif_carrier_off(dev);
	return dev;
}
