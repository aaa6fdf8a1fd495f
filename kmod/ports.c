// SPDX-License-Identifier: GPL-2.0
/*
 * Ports between guest and host: notify bits, listeners, events; and back ends'
 * references to guest memory.
 * Side: host.  Context: hostdom_raise and hostdom_frame_* any, the rest process.
 * Locks: see hostdom.c.
 *
 * The guest's bits in its vCPU page may be anything; nothing here depends on them.
 */
#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/nospec.h>

#include "arch/x86/event.h"
#include "cpu.h"
#include "hostdom.h"
#include "mm/frame.h"

/* Rings the core of a vCPU, if it is on one. */
static void vcpu_wake(struct hostdom *h, struct vcpu *v)
{
	unsigned long flags;

	/* A full barrier: the core clears wake and then looks for events. */
	__atomic_fetch_or(&v->wake, VCPU_WAKE_EVENT, __ATOMIC_SEQ_CST);
	spin_lock_irqsave(&h->core_lock, flags);
	if (v->core)
		core_ring(v->core);
	spin_unlock_irqrestore(&h->core_lock, flags);
}

void hostdom_raise(struct hostdom *h, unsigned int port)
{
	struct domain *d = h->dom;
	struct pvhv_vcpu_page *page;
	unsigned int n;

	if (WARN_ON_ONCE(port >= PVHV_NR_PORTS))
		return;
	n = READ_ONCE(d->port_vcpu[port]);
	if (n >= d->nr_vcpus)
		n = 0;
	page = d->vcpu[n]->page;
	/*
	 * A full barrier: the guest clears a mask bit and then looks at pending,
	 * we set pending and then look at the mask.
	 */
	set_bit(port, (unsigned long *)page->pending);
	if (test_bit(port, (unsigned long *)page->mask))
		return;
	WRITE_ONCE(page->upcall_pending, 1);
	vcpu_wake(h, d->vcpu[n]);
}

int hostdom_listen(struct hostdom *h, unsigned int port, port_fn fn, void *arg)
{
	if (port >= PVHV_NR_PORTS)
		return -EINVAL;
	mutex_lock(&h->port_lock);
	h->ports[port].fn = fn;
	h->ports[port].arg = arg;
	mutex_unlock(&h->port_lock);
	return 0;
}

/* Calls the listeners of the ports that the guest has notified since the last time. */
static void ports_dispatch(struct hostdom *h)
{
	unsigned long bits;
	unsigned int word, bit;

	for (word = 0; word < ARRAY_SIZE(h->dom->notify); word++) {
		if (!READ_ONCE(h->dom->notify[word]))
			continue;
		bits = xchg(&h->dom->notify[word], 0);
		mutex_lock(&h->port_lock);
		for_each_set_bit(bit, &bits, 64) {
			struct hostdom_port *p = &h->ports[word * 64 + bit];

			if (p->fn)
				p->fn(h, word * 64 + bit, p->arg);
		}
		mutex_unlock(&h->port_lock);
	}
}

static void ports_scan_one(struct hostdom *h, const void *unused)
{
	ports_dispatch(h);
	/* pairs with the core's release of state after reason and message */
	if (smp_load_acquire(&h->dom->state) != PVHV_DOM_ST_ENDED || h->end_seen)
		return;
	h->end_seen = true;
	hostdom_queue_end(h);
}

void hostdom_scan(void)
{
	hostdom_for_each(ports_scan_one, NULL);
}

/* --- guest memory --- */

int hostdom_frame_get(struct hostdom *h, u64 gpa, bool write, struct page **page)
{
	struct domain *d = h->dom;
	u64 gfn = gpa >> PAGE_SHIFT, mfn;
	struct frame *f;
	int err;

	if (gfn >= d->nr_pages)
		return -ERANGE;
	mfn = domain_p2m(d, GFN(array_index_nospec(gfn, d->nr_pages)));
	f = frame_lookup(MFN(mfn));
	if (!f)
		return -ERANGE;
	err = frame_get_io(f, d->id, write);
	if (err)
		return err == -EPERM ? -ERANGE : err;
	*page = pfn_to_page(mfn);
	return 0;
}

void hostdom_frame_put(struct hostdom *h, struct page *page, bool write)
{
	frame_put_io(frame_lookup(MFN(page_to_pfn(page))), write);
}
