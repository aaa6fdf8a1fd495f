// SPDX-License-Identifier: GPL-2.0
/*
 * INIT, start-up and doorbell signals to cores that Linux regards as offline.
 * Side: host.
 *
 * Linux' own functions take CPU numbers of online CPUs, so this writes the
 * interrupt command register through the APIC driver.  Any context but NMI.
 */
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <asm/apic.h>

#include "ipi.h"

/* Until the signal written last has left an xAPIC; an x2APIC has no such state. */
static void ipi_wait_idle(void)
{
	if (apic->safe_wait_icr_idle)
		apic->safe_wait_icr_idle();
}

/* The ICR of an xAPIC is two registers: nothing of this CPU may come between. */
static void ipi_write_icr(u32 low, u32 apicid)
{
	unsigned long flags;

	mb();	/* what was written for the core comes before the signal: x2APIC writes do not order it */
	local_irq_save(flags);
	ipi_wait_idle();	/* Linux waits before it sends, too: a signal of its own may be under way */
	apic->icr_write(low, apicid);
	ipi_wait_idle();
	local_irq_restore(flags);
}

void ipi_init(u32 apicid)
{
	ipi_write_icr(APIC_INT_LEVELTRIG | APIC_INT_ASSERT | APIC_DM_INIT, apicid);
	udelay(10);
	ipi_write_icr(APIC_INT_LEVELTRIG | APIC_DM_INIT, apicid);
	udelay(10);
}

void ipi_startup(u32 apicid, unsigned long pfn)
{
	ipi_write_icr(APIC_DM_STARTUP | pfn, apicid);
}

void ipi_send(u32 apicid, unsigned int vector)
{
	ipi_write_icr(APIC_DM_FIXED | vector, apicid);
}
