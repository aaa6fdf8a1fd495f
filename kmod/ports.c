// SPDX-License-Identifier: GPL-2.0
/*
 * Ports between guest and host: notify bits, listeners, events; and back ends'
 * references to guest memory.
 * Side: host.  Context: hostdom_raise, hostdom_frame_*, ports_scan_irq any, the rest process.
 * Locks: see hostdom.c; irq_lock: the domains that ports_scan_irq sees, and their quick listeners.
 *
 * There are two kinds of listeners. Quick ones run in the doorbell's hard interrupt and
 * only wake somebody; the others run in its thread and may take a mutex. Bits of ports without a listener are
 * left alone: the core rings once for them, until somebody listens.
 *
 * The guest's bits in its vCPU page may be anything; nothing here depends on them.
 */
#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>

#include "cpu.h"
#include "hostdom.h"
#include "mm/frame.h"
#include "sched/wake.h"

/* A guest that binds a port more often than that while one event comes may lose it. */
#define BINDINGS	8

static LIST_HEAD(irq_doms);
static DEFINE_SPINLOCK(irq_lock);

void hostdom_wake(struct hostdom *h, struct vcpu *v, u32 why)
{
	unsigned long flags;
	struct pcore *c;
	int idx;

	/* c may be given back meanwhile: then it stays until we are through */
	idx = cpu_read_lock();
	spin_lock_irqsave(&h->core_lock, flags);
	/* cores hand vCPUs on without the lock; c then passes it on to v's new core */
	c = smp_load_acquire(&v->core);
	if (c) {
		wake_mark(c, v, why);
		core_ring(c);
	}
	spin_unlock_irqrestore(&h->core_lock, flags);
	cpu_read_unlock(idx);
}

void hostdom_raise(struct hostdom *h, unsigned int port)
{
	struct vcpu *v = NULL;
	int i;

	if (WARN_ON_ONCE(port >= PVHV_NR_PORTS))
		return;
	for (i = 0; i < BINDINGS && (v = wake_post(h->dom, port, v)); i++) {
		/*
		 * wake_post is a full barrier: the guest clears a mask bit and then looks at pending,
		 * we set pending and then look at the mask.
		 */
		if (!wake_wanted(v, port))
			continue;
		WRITE_ONCE(v->page->upcall_pending, 1);
		hostdom_wake(h, v, VCPU_WAKE_EVENT);
	}
}

int hostdom_listen(struct hostdom *h, unsigned int port, port_fn fn, void *arg)
{
	if (port >= PVHV_NR_PORTS)
		return -EINVAL;
	mutex_lock(&h->port_lock);
	h->ports[port].fn = fn;
	h->ports[port].arg = arg;
	if (fn)
		set_bit(port, (unsigned long *)h->listens);
	else
		clear_bit(port, (unsigned long *)h->listens);
	mutex_unlock(&h->port_lock);
	return 0;
}

int hostdom_listen_quick(struct hostdom *h, unsigned int port, port_fn fn, void *arg)
{
	unsigned long flags;

	if (port >= PVHV_NR_PORTS)
		return -EINVAL;
	spin_lock_irqsave(&irq_lock, flags);
	h->ports[port].fn = fn;
	h->ports[port].arg = arg;
	if (fn)
		__set_bit(port, (unsigned long *)h->listens_quick);
	else
		__clear_bit(port, (unsigned long *)h->listens_quick);
	spin_unlock_irqrestore(&irq_lock, flags);
	return 0;
}

/* Takes the bits of a word that somebody listens to.  A full barrier: what was written before the bits is seen. */
static unsigned long ports_take(struct hostdom *h, unsigned int word, u64 listens)
{
	u64 *notify = &h->dom->notify[word];

	if (!(READ_ONCE(*notify) & listens))
		return 0;
	return __atomic_fetch_and(notify, ~listens, __ATOMIC_SEQ_CST) & listens;
}

static void ports_call(struct hostdom *h, unsigned int word, unsigned long bits)
{
	unsigned int bit;

	for_each_set_bit(bit, &bits, 64) {
		struct hostdom_port *p = &h->ports[word * 64 + bit];

		if (p->fn)
			p->fn(h, word * 64 + bit, p->arg);
	}
}

/* Calls the listeners of the ports that the guest has notified since the last time. */
static void ports_dispatch(struct hostdom *h)
{
	unsigned long bits;
	unsigned int word;

	for (word = 0; word < ARRAY_SIZE(h->dom->notify); word++) {
		bits = ports_take(h, word, READ_ONCE(h->listens[word]));
		if (!bits)
			continue;
		mutex_lock(&h->port_lock);
		ports_call(h, word, bits);
		mutex_unlock(&h->port_lock);
	}
}

/* --- in the interrupt --- */

static bool ports_scan_irq_one(struct hostdom *h)
{
	struct domain *d = h->dom;
	bool more = READ_ONCE(d->state) == PVHV_DOM_ST_ENDED && !READ_ONCE(h->end_seen);
	unsigned int word;

	for (word = 0; word < ARRAY_SIZE(d->notify); word++) {
		if (!READ_ONCE(d->notify[word]))
			continue;
		ports_call(h, word, ports_take(h, word, h->listens_quick[word]));
		more |= !!(READ_ONCE(d->notify[word]) & READ_ONCE(h->listens[word]));
	}
	return more;
}

bool ports_scan_irq(void)
{
	struct hostdom *h;
	unsigned long flags;
	bool more = false;

	spin_lock_irqsave(&irq_lock, flags);
	list_for_each_entry(h, &irq_doms, irq_link)
		more |= ports_scan_irq_one(h);
	spin_unlock_irqrestore(&irq_lock, flags);
	return more;
}

void ports_publish(struct hostdom *h)
{
	unsigned long flags;

	spin_lock_irqsave(&irq_lock, flags);
	list_add_tail(&h->irq_link, &irq_doms);
	spin_unlock_irqrestore(&irq_lock, flags);
}

void ports_withdraw(struct hostdom *h)
{
	unsigned long flags;

	spin_lock_irqsave(&irq_lock, flags);
	list_del_init(&h->irq_link);
	spin_unlock_irqrestore(&irq_lock, flags);
}

/* --- in the thread --- */

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
	ports_scan_irq();
	hostdom_for_each(ports_scan_one, NULL);
}

/* --- guest memory --- */

int hostdom_frame_get(struct hostdom *h, u64 gpa, bool write, struct page **page)
{
	struct domain *d = h->dom;
	u64 gfn = gpa >> PAGE_SHIFT, mfn;
	struct frame *f;
	int err;

	if (gfn >= d->max_pages)
		return -ERANGE;
	/* The frame may leave the domain meanwhile, and its region's table go; pairs with region_reap() */
	rcu_read_lock();
	mfn = domain_p2m(d, GFN(array_index_nospec(gfn, d->max_pages)));
	f = frame_lookup(MFN(mfn));
	err = f ? frame_get_io(f, d->id, write) : -ERANGE;
	rcu_read_unlock();
	if (err)
		return err == -EPERM ? -ERANGE : err;
	*page = pfn_to_page(mfn);
	return 0;
}

void hostdom_frame_put(struct hostdom *h, struct page *page, bool write)
{
	frame_put_io(frame_lookup(MFN(page_to_pfn(page))), write);
}
