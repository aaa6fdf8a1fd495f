// SPDX-License-Identifier: GPL-2.0
/*
 * Sends NMIs to taken cores as long as it is loaded (E5: what they leave behind). lib/guests.sh uses
 * it for guests whose settings ask for it; it is no part of the product.
 */
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <asm/apic.h>

static unsigned int apicid[16], cores;
module_param_array(apicid, uint, &cores, 0444);
MODULE_PARM_DESC(apicid, "APIC IDs of the cores; a CPU that Linux runs on would complain");
static unsigned int period = 20;
module_param(period, uint, 0444);
MODULE_PARM_DESC(period, "Microseconds between two NMIs, at least");
static unsigned long sent;
module_param(sent, ulong, 0444);
MODULE_PARM_DESC(sent, "How many were sent");

static struct task_struct *sender;

/* As kmod/ipi.c: the ICR of an xAPIC is two registers. */
static void nmi_send(u32 dest)
{
	unsigned long flags;

	local_irq_save(flags);
	apic->icr_write(APIC_DM_NMI, dest);
	if (apic->safe_wait_icr_idle)
		apic->safe_wait_icr_idle();
	local_irq_restore(flags);
}

static int nmi_thread(void *unused)
{
	unsigned int i;

	while (!kthread_should_stop()) {
		for (i = 0; i < cores; i++) {
			nmi_send(apicid[i]);
			sent++;
		}
		/* not in step with anything that the cores do */
		usleep_range(period, 2 * period);
	}
	return 0;
}

static int __init nmi_init(void)
{
	sender = kthread_run(nmi_thread, NULL, "pvhv_nmi");
	return PTR_ERR_OR_ZERO(sender);
}

static void __exit nmi_exit(void)
{
	kthread_stop(sender);
}

module_init(nmi_init);
module_exit(nmi_exit);
MODULE_DESCRIPTION("pvhv selftests: NMIs to taken cores");
MODULE_LICENSE("GPL");
