// SPDX-License-Identifier: GPL-2.0
/*
 * The command channel to a taken core: one command at a time.
 * Side: host.  Process context, but core_ring.  hostcore.command serialises
 * commands to one core; nothing else is taken inside it.
 *
 * A core answers from its main loop.  It may be busy for as long as its
 * heartbeat goes on; the watchdog decides when it does not.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "cpu.h"
#include "ipi.h"
#include "mailbox.h"
#include "pcore.h"

#define SPIN_TURNS	200
#define POLL_US		50
#define COMMAND_SECONDS	120	/* the watchdog is much earlier; this ends a core that beats but never answers */

void core_ring(struct pcore *c)
{
	WRITE_ONCE(c->doorbell, 1);
	ipi_send(c->apicid, PCORE_VECTOR);
}

/* Under hostcore.command. */
static int mailbox_post(struct hostcore *hc, u32 cmd, u64 arg)
{
	struct pcore *c = hc->core;
	int err = cpu_down_error(hc);

	if (err)
		return err;
	c->cmd = cmd;
	c->arg = arg;
	/* the command is complete before its number; pairs with the core's main loop */
	smp_store_release(&c->cmd_seq, c->cmd_seq + 1);
	core_ring(c);
	return 0;
}

static int mailbox_wait(struct hostcore *hc)
{
	unsigned long end = jiffies + COMMAND_SECONDS * HZ;
	struct pcore *c = hc->core;
	unsigned int turn = 0;
	int err;

	/* pairs with the core's store of ack_seq, after ret */
	while (smp_load_acquire(&c->ack_seq) != c->cmd_seq) {
		cpu_check_panic(hc);
		err = cpu_down_error(hc);
		if (err)
			return err;
		if (time_after(jiffies, end))
			cpu_mark_down(hc, CORE_LOST);
		if (turn++ < SPIN_TURNS)
			cpu_relax();
		else
			usleep_range(POLL_US, 2 * POLL_US);
	}
	return 0;
}

int core_command(struct pcore *c, u32 cmd, u64 arg, s64 *ret)
{
	struct hostcore *hc = cpu_hostcore(c);
	int err;

	mutex_lock(&hc->command);
	err = mailbox_post(hc, cmd, arg);
	if (!err)
		err = mailbox_wait(hc);
	if (!err && ret)
		*ret = c->ret;
	mutex_unlock(&hc->command);
	return err;
}

int core_post(struct pcore *c, u32 cmd, u64 arg)
{
	struct hostcore *hc = cpu_hostcore(c);
	int err;

	mutex_lock(&hc->command);
	err = mailbox_post(hc, cmd, arg);
	mutex_unlock(&hc->command);
	return err;
}

void mailbox_flush(struct pcore *c)
{
	/* a core that does not answer gets its INIT: it has no TLB then */
	core_command(c, PCORE_CMD_FLUSH, 0, NULL);
}
