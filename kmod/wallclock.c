// SPDX-License-Identifier: GPL-2.0
/*
 * Wall clock of the guests: pairs of TSC and UTC in their shared info pages.
 * Side: host.  Context: process.  Locks: a domain's page is written by its
 * creator until it is in the list of domains, then by the work below only.
 *
 * Renewed every second while domains exist, so that a step of the host's
 * clock and the slow correction by NTP reach them; no notifier tells modules
 * of either.
 */
#include <asm/tsc.h>
#include <linux/ktime.h>
#include <linux/workqueue.h>

#include "hostdom.h"

#define WALLCLOCK_PERIOD	HZ
#define WALLCLOCK_TRIES		4

static void wallclock_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(wallclock_dwork, wallclock_work);

/* UTC now and the TSC of the same moment: the closest of a few readings. */
static u64 wallclock_sample(struct timespec64 *utc)
{
	u64 best = U64_MAX, tsc = 0, before, after;
	struct timespec64 now;
	unsigned long flags;
	int i;

	for (i = 0; i < WALLCLOCK_TRIES; i++) {
		local_irq_save(flags);
		before = rdtsc_ordered();
		ktime_get_real_ts64(&now);
		after = rdtsc_ordered();
		local_irq_restore(flags);
		if (after - before >= best)
			continue;
		best = after - before;
		tsc = before + best / 2;
		*utc = now;
	}
	return tsc;
}

void wallclock_set(struct hostdom *h)
{
	struct pvhv_shared_info *s = h->dom->shared[PVHV_SHARED_INFO_PAGE];
	struct timespec64 utc = {};
	u64 tsc = wallclock_sample(&utc);

	/* Our own count, not the page's: the guest may write there. */
	h->wc_version += 2;
	WRITE_ONCE(s->wc_version, h->wc_version - 1);
	/* the odd version before the values; pairs with the guest's barriers around its reading */
	smp_wmb();
	WRITE_ONCE(s->wc_sec, utc.tv_sec);
	WRITE_ONCE(s->wc_nsec, utc.tv_nsec);
	WRITE_ONCE(s->wc_tsc, tsc);
	WRITE_ONCE(s->tsc_khz, hv.tsc_khz);
	/* the values before the even version */
	smp_wmb();
	WRITE_ONCE(s->wc_version, h->wc_version);
}

static void wallclock_renew(struct hostdom *h, const void *unused)
{
	wallclock_set(h);
}

static void wallclock_work(struct work_struct *work)
{
	hostdom_for_each(wallclock_renew, NULL);
	if (hostdom_any())
		schedule_delayed_work(&wallclock_dwork, WALLCLOCK_PERIOD);
}

/* A domain has come: it is in the list, so the work sees it or runs again. */
void wallclock_start(void)
{
	schedule_delayed_work(&wallclock_dwork, WALLCLOCK_PERIOD);
}

void wallclock_exit(void)
{
	cancel_delayed_work_sync(&wallclock_dwork);
}
