// SPDX-License-Identifier: GPL-2.0
/*
 * A core whose heartbeat stands still for LOST_TICKS is lost: it gets an INIT,
 * and its domains end.
 * Side: host.  A work item once a second; alone writes hostcore.beat and .still.
 *
 * Only ticks of the watchdog itself are counted, so a host that was halted as a
 * whole loses nothing.  An idle core sleeps: it is rung and has the next tick to beat.
 */
#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "cpu.h"
#include "doorbell.h"
#include "pcore.h"
#include "watchdog.h"

#define TICK		HZ
#define LOST_TICKS	5

static void watchdog_tick(struct work_struct *w);
static DECLARE_DELAYED_WORK(watchdog_work, watchdog_tick);

static void watchdog_look(struct pcore *c)
{
	struct hostcore *hc = cpu_hostcore(c);
	u64 beat = READ_ONCE(c->heartbeat);

	if (hc->down != CORE_UP || READ_ONCE(c->state) == PCORE_STARTING)
		return;
	if (beat != hc->beat) {
		hc->beat = beat;
		hc->still = 0;
		return;
	}
	if (++hc->still > LOST_TICKS)
		cpu_mark_down(hc, CORE_LOST);
	else
		core_ring(c);
}

static void watchdog_tick(struct work_struct *w)
{
	/* also for a doorbell that got lost in an affinity change */
	doorbell_poll();
	cpu_for_each(watchdog_look);
	queue_delayed_work(system_unbound_wq, &watchdog_work, TICK);
}

void watchdog_init(void)
{
	queue_delayed_work(system_unbound_wq, &watchdog_work, TICK);
}

void watchdog_exit(void)
{
	cancel_delayed_work_sync(&watchdog_work);
}
