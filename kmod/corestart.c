// SPDX-License-Identifier: GPL-2.0
/*
 * INIT, start-up signal, trampoline: from an offline CPU to core_main.
 * Side: host.  Process context, one start at a time (cpu.c's mutex).
 *
 * Under cpus_read_lock, so that Linux neither starts a CPU of its own through
 * the same memory nor sends this one its signals.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "arch/x86/entry.h"
#include "corestart.h"
#include "ipi.h"
#include "lowpage.h"
#include "pcore.h"
#include "trampoline.h"

#define STARTUP_TRIES	2
#define STARTUP_MS	1000
#define POLL_US		50
#define ENTRY_TABLE	0x63	/* present, writable, accessed, dirty */

static bool corestart_alive(struct pcore *c)
{
	unsigned long end = jiffies + msecs_to_jiffies(STARTUP_MS);

	/* pairs with the core's store: what it set up before is visible */
	while (smp_load_acquire(&c->state) == PCORE_STARTING) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(POLL_US, 2 * POLL_US);
	}
	return true;
}

int corestart(struct pcore *c)
{
	struct trampoline_args args = {
		.cr3 = hv_pa(c->root),
		.cr4 = X86_CR4_PAE | (c->host_cr4 & (X86_CR4_MCE | X86_CR4_LA57)),
		.efer = EFER_LME | EFER_NX | EFER_SCE,
		.stack = c->stack_top,
		.core = (u64)c,
		.entry = (u64)core_entry64,
	};
	bool alive = false;
	int try;

	c->root[0] = lowpage_identity_pa() | ENTRY_TABLE;
	cpus_read_lock();
	lowpage_borrow(&args);
	ipi_init(c->apicid);
	for (try = 0; try < STARTUP_TRIES && !alive; try++) {
		ipi_startup(c->apicid, lowpage_pfn());
		alive = corestart_alive(c);
	}
	if (!alive)
		ipi_init(c->apicid);	/* nobody executes the page any more */
	lowpage_return();
	cpus_read_unlock();
	c->root[0] = 0;
	return alive ? 0 : -ETIMEDOUT;
}
