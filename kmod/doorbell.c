// SPDX-License-Identifier: GPL-2.0
/*
 * A host interrupt line of our own: a child of the x86 vector domain.
 * Side: host.  publish_lock is taken under the interrupt descriptor's lock.
 *
 * Cores send the vector as an ordinary IPI.  The line survives affinity
 * changes and CPU offline like a device's; each change is published to the cores.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <asm/apic.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "cpu.h"
#include "doorbell.h"
#include "hostdom.h"
#include "logdrain.h"
#include "pcore.h"

static struct fwnode_handle *fwnode;
static struct irq_domain *domain;
static int virq;
static DEFINE_RAW_SPINLOCK(publish_lock);
static struct pcore_irq target;		/* publish_lock */

/* --- where it goes --- */

static void doorbell_publish_core(struct pcore *c)
{
	/* destination and vector change together: the core reads both as one word */
	BUILD_BUG_ON(offsetof(struct pcore, irq) % sizeof(u64));
	BUILD_BUG_ON(offsetof(struct pcore_irq, icr) != sizeof(u32));
	WRITE_ONCE(*(u64 *)&c->irq, *(u64 *)&target);
	WRITE_ONCE(c->irq.on, target.on);
}

void doorbell_publish(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&publish_lock, flags);
	cpu_for_each(doorbell_publish_core);
	raw_spin_unlock_irqrestore(&publish_lock, flags);
}

static void doorbell_retarget(struct irq_data *d, bool on)
{
	struct irq_cfg *cfg = irqd_cfg(d);
	unsigned long flags;

	raw_spin_lock_irqsave(&publish_lock, flags);
	if (cfg) {
		target.dest = cfg->dest_apicid;
		target.icr = cfg->vector | (apic->dest_mode_logical ? APIC_DEST_LOGICAL : 0);
	}
	target.on = on && cfg;
	raw_spin_unlock_irqrestore(&publish_lock, flags);
	doorbell_publish();
}

static int doorbell_set_affinity(struct irq_data *d, const struct cpumask *mask, bool force)
{
	struct irq_data *parent = d->parent_data;
	int ret = parent->chip->irq_set_affinity(parent, mask, force);

	if (ret >= 0)
		doorbell_retarget(d, true);
	return ret;
}

/* Cores are not told to hold back: what comes while masked is replayed by the edge handler. */
static void doorbell_mask(struct irq_data *d)
{
}

static struct irq_chip doorbell_chip = {
	.name			= "pvhv",
	.irq_mask		= doorbell_mask,
	.irq_unmask		= doorbell_mask,
	.irq_ack		= irq_chip_ack_parent,
	.irq_set_affinity	= doorbell_set_affinity,
	.irq_retrigger		= irq_chip_retrigger_hierarchy,
	.flags			= IRQCHIP_SKIP_SET_WAKE,
};

static int doorbell_alloc(struct irq_domain *d, unsigned int irq, unsigned int n, void *arg)
{
	int err = irq_domain_alloc_irqs_parent(d, irq, n, arg);

	if (err < 0)
		return err;
	irq_domain_set_info(d, irq, 0, &doorbell_chip, NULL, handle_edge_irq, NULL, "edge");
	irq_set_status_flags(irq, IRQ_MOVE_PCNTXT);
	return 0;
}

static void doorbell_free(struct irq_domain *d, unsigned int irq, unsigned int n)
{
	irq_domain_free_irqs_common(d, irq, n);
}

static int doorbell_activate(struct irq_domain *d, struct irq_data *data, bool reserve)
{
	doorbell_retarget(data, true);
	return 0;
}

static void doorbell_deactivate(struct irq_domain *d, struct irq_data *data)
{
	doorbell_retarget(data, false);
}

static const struct irq_domain_ops doorbell_ops = {
	.alloc		= doorbell_alloc,
	.free		= doorbell_free,
	.activate	= doorbell_activate,
	.deactivate	= doorbell_deactivate,
};

/* --- what it does --- */

static void doorbell_seen(struct pcore *c)
{
	WRITE_ONCE(c->host_seen, READ_ONCE(c->host_sent));
}

static bool thread_needed;	/* by the interrupt */
static bool scan_needed;	/* the interrupt to the thread */
static bool work_found;		/* by the one thread, see doorbell_poll */
static DEFINE_MUTEX(poll_lock);

static void doorbell_irq_core(struct pcore *c)
{
	doorbell_seen(c);
	/* cleared before the scan: what a core adds meanwhile rings again */
	if (READ_ONCE(c->host_work))
		xchg(&c->host_work, 0);
	if (READ_ONCE(c->state) == PCORE_PANIC || logdrain_waits(c))
		thread_needed = true;
}

/* Most doorbells are back ends' notifications: those need no thread. */
static irqreturn_t doorbell_irq(int irq, void *arg)
{
	thread_needed = false;
	cpu_for_each(doorbell_irq_core);
	if (ports_scan_irq()) {
		WRITE_ONCE(scan_needed, true);
		thread_needed = true;
	}
	return thread_needed ? IRQ_WAKE_THREAD : IRQ_HANDLED;
}

static void doorbell_look(struct pcore *c)
{
	cpu_check_panic(cpu_hostcore(c));
	/* cleared before the scan: what a core adds meanwhile rings again */
	if (READ_ONCE(c->host_work) && xchg(&c->host_work, 0))
		work_found = true;
	logdrain_core(c);
}

void doorbell_poll(void)
{
	mutex_lock(&poll_lock);
	work_found = xchg(&scan_needed, false);
	cpu_for_each(doorbell_look);
	if (work_found)
		hostdom_scan();
	mutex_unlock(&poll_lock);
}

static irqreturn_t doorbell_thread(int irq, void *arg)
{
	doorbell_poll();
	return IRQ_HANDLED;
}

/* --- set-up --- */

static int doorbell_init_line(void)
{
	struct irq_alloc_info info = { .mask = cpumask_of(0) };
	int err;

	virq = irq_domain_alloc_irqs(domain, 1, NUMA_NO_NODE, &info);
	if (virq <= 0)
		return virq ? virq : -ENOSPC;
	err = request_threaded_irq(virq, doorbell_irq, doorbell_thread, 0, "pvhv-doorbell", &virq);
	if (err)
		irq_dispose_mapping(virq);
	return err;
}

int doorbell_init(void)
{
	int err = -ENOMEM;

	if (!x86_vector_domain) {
		pr_err("the host has no interrupt vector domain (no APIC?)\n");
		return -ENODEV;
	}
	fwnode = irq_domain_alloc_named_fwnode("pvhv");
	if (!fwnode)
		return -ENOMEM;
	domain = irq_domain_create_hierarchy(x86_vector_domain, 0, 1, fwnode, &doorbell_ops, NULL);
	if (domain)
		err = doorbell_init_line();
	if (!err)
		return 0;
	if (domain)
		irq_domain_remove(domain);
	irq_domain_free_fwnode(fwnode);
	return err;
}

void doorbell_exit(void)
{
	free_irq(virq, &virq);
	irq_dispose_mapping(virq);
	irq_domain_remove(domain);
	irq_domain_free_fwnode(fwnode);
}
