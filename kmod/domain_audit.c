// SPDX-License-Identifier: GPL-2.0
/*
 * PVHV_DOM_AUDIT: pauses a domain while a core recounts its frames.
 * Side: host.  Context: process.  Locks: hostdom.lock throughout.
 */
#include <linux/slab.h>

#include "cpu.h"
#include "cpuhold.h"
#include "hostdom.h"
#include "hvmap.h"

#define SCRATCH_LEN	512	/* counters in a page */

static void scratch_free(struct domain *d, u64 pages, unsigned int order)
{
	u64 i;

	for (i = 0; d->audit_scratch && i < pages; i++)
		hvmem_free(d->audit_scratch[i], 0);
	hvmem_free(d->audit_scratch, order);
	d->audit_scratch = NULL;
}

static int scratch_alloc(struct domain *d, u64 pages, unsigned int order)
{
	u64 i;

	d->audit_scratch = hvmem_alloc(order);
	if (!d->audit_scratch)
		return -ENOMEM;
	for (i = 0; i < pages; i++) {
		d->audit_scratch[i] = hvmem_alloc(0);
		if (!d->audit_scratch[i]) {
			scratch_free(d, pages, order);
			return -ENOMEM;
		}
	}
	return 0;
}

/* On any core; the domain is not running, and does not between two slices. */
static int audit_on_core(struct hostdom *h)
{
	struct pcore *c = hostdom_hold_core(0);
	int err;

	if (!c)
		return -ENODEV;
	h->dom->audit = (struct domain_audit){ };
	err = hostdom_slices(h, c, PCORE_CMD_AUDIT);
	core_release(c);
	return err;
}

static int audit_paused(struct hostdom *h)
{
	bool running = !h->stopped && h->dom->state != PVHV_DOM_ST_BUILDING &&
		       h->dom->state != PVHV_DOM_ST_PAUSED;
	int err = -EIO;

	if (running)
		hostdom_pause_locked(h);
	if (!h->core_lost)
		err = audit_on_core(h);
	if (h->core_lost || (running && hostdom_resume_locked(h)))
		hostdom_end_locked(h, PVHV_END_CORE_LOST, "a core stopped during an audit");
	return err;
}

static int audit_locked(struct hostdom *h)
{
	struct domain *d = h->dom;
	u64 pages = DIV_ROUND_UP_ULL(d->max_pages, SCRATCH_LEN);
	unsigned int order = get_order(pages * sizeof(*d->audit_scratch));
	int err;

	err = scratch_alloc(d, pages, order);
	if (err)
		return err;
	err = audit_paused(h);
	scratch_free(d, pages, order);
	return err;
}

static const char *audit_refusal(int err)
{
	switch (err) {
	case -ENODEV:
		return "no core is taken to count on; take one: 'pvhv cpu take CPU'";
	case -ENOMEM:
		return "the host has no memory for the counters";
	default:
		return "a core that knew the domain was lost: its counts say nothing";
	}
}

int hostdom_audit(struct hostdom *h, struct pvhv_dom_audit *out)
{
	const struct domain_audit *a = &h->dom->audit;
	int err;

	mutex_lock(&h->lock);
	err = audit_locked(h);
	if (!err) {
		out->differences = min_t(u64, a->differences, U32_MAX);
		out->frames = a->frames;
		out->tables = a->tables;
		out->first_mfn = a->first_mfn;
		strscpy(out->msg, a->msg, sizeof(out->msg));
	}
	mutex_unlock(&h->lock);
	if (err)
		strscpy(out->msg, audit_refusal(err), sizeof(out->msg));
	return err;
}
