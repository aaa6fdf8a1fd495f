// SPDX-License-Identifier: GPL-2.0
/*
 * Holds: whoever has commands for a core, or brings it a vCPU, keeps it from being given back.
 * Side: host.  Any context.  hold_lock guards the counts and hostcore.leaving; it is innermost.
 */
#include <linux/spinlock.h>

#include "cpu.h"
#include "cpuhold.h"
#include "pcore.h"

static DEFINE_SPINLOCK(hold_lock);

bool core_usable(const struct pcore *c, u64 mask)
{
	const struct hostcore *hc = cpu_hostcore(c);

	if (mask && (c->cpu >= 64 || !(mask & BIT_ULL(c->cpu))))
		return false;
	return hc->down == CORE_UP && !hc->leaving && READ_ONCE(c->state) == PCORE_ALIVE;
}

static unsigned int core_use(const struct pcore *c)
{
	return READ_ONCE(c->nr_vcpus) + cpu_hostcore(c)->holds;
}

struct pcore *core_pick(u64 cpu_mask)
{
	struct pcore *best = NULL, *c;
	int i, idx;

	idx = cpu_read_lock();
	spin_lock(&hold_lock);
	for (i = 0; i < HV_MAX_CORES; i++) {
		c = READ_ONCE(hv.cores[i]);
		if (!c || !core_usable(c, cpu_mask))
			continue;
		if (!best || core_use(c) < core_use(best))
			best = c;
	}
	spin_unlock(&hold_lock);
	cpu_read_unlock(idx);
	return best;
}

int core_hold(struct pcore *c)
{
	int i, err = -ENODEV;

	/* c may be gone since core_pick: compare before looking into it */
	spin_lock(&hold_lock);
	for (i = 0; i < HV_MAX_CORES && err; i++) {
		if (hv.cores[i] != c || cpu_hostcore(c)->leaving)
			continue;
		cpu_hostcore(c)->holds++;
		err = 0;
	}
	spin_unlock(&hold_lock);
	return err;
}

void core_release(struct pcore *c)
{
	spin_lock(&hold_lock);
	cpu_hostcore(c)->holds--;
	spin_unlock(&hold_lock);
}

bool core_hold_none(struct hostcore *hc)
{
	bool none;

	spin_lock(&hold_lock);
	none = !hc->holds;
	hc->leaving = none;
	spin_unlock(&hold_lock);
	return none;
}

void core_hold_again(struct hostcore *hc)
{
	spin_lock(&hold_lock);
	hc->leaving = false;
	spin_unlock(&hold_lock);
}
