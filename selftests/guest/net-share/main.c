// SPDX-License-Identifier: GPL-2.0
/*
 * Packets, until it is asked to power off: a request to the host that waits for its answer, again and again.
 * 'flood', 'heavy': as many small ones as the ring takes, of which the host wants nothing; 'spin': none, but its core is as
 * busy; 'storm-rx': notifications of a receive ring to which it gives nothing. For tests of shares (J13); who counts the packets is the host.
 * Side: guest.
 */
#include "console.h"
#include "event.h"
#include "net.h"
#include "start.h"
#include "string.h"
#include "tap.h"

static u64 bad, rounds;

static void polite(void)
{
	bad += !net_send(net_arp(net_tx_page[0])) || !net_answered(10000);
	rounds++;
}

/* Each says only who we are. */
static void flood_begin(void)
{
	u32 i, len;

	for (i = 0; i < net_qsize; i++) {
		len = net_arp(net_tx_page[i]);
		memcpy(net_tx_page[i] + NET_HDR + 38, net_own, sizeof(net_own));
		net_set(NET_TX, i, gpa(net_tx_page[i]), len, 0, 0);
		net_post(NET_TX, i);
	}
}

static void flood(void)
{
	net_kick(NET_TX);
	rounds += net_repost(net_qsize);
}

void test(void)
{
	bool heavy = variant("heavy"), floods = variant("flood") || heavy;
	bool spins = variant("spin"), storms = variant("storm-rx");

	if (floods || spins)
		net_own[3] = heavy ? 6 : floods ? 3 : 4;
	/* a core that the machine takes away for a moment is not to leave it empty */
	if (floods)
		net_qsize = NET_QSIZE_MAX;
	if (!same(0, net_init(F_VERSION_1), "the interface"))
		return;
	if (!storms)
		net_fill_rx();
	if (floods)
		flood_begin();
	printf("# works\n");
	while (!event_count[PVHV_PORT_POWER]) {
		if (storms)
			net_kick(NET_RX);
		if (floods)
			flood();
		else if (spins || storms)
			rounds++;
		else
			polite();
	}
	same(0, bad, "each request was answered, in %lu rounds", rounds);
	ok(rounds > 0, "it worked");
}
