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
	if (READ_ONCE(c->state) == PCORE_PARKED)
		return -ENODEV;
	c->cmd = cmd;
	c->arg = arg;
	/* the command is complete before its number; pairs with the core's main loop */
	smp_store_release(&c->cmd_seq, c->cmd_seq + 1);
	core_ring(c);
	return 0;
}

/* Sleeps, but not before the first turns: most answers come at once. */
static void mailbox_pause(unsigned int turn)
{
	if (turn < SPIN_TURNS)
		cpu_relax();
	else
		usleep_range(POLL_US, 2 * POLL_US);
}

static bool mailbox_answered(const struct pcore *c)
{
	/* pairs with the core's store of ack_seq, after ret */
	return smp_load_acquire(&c->ack_seq) == c->cmd_seq;
}

static int mailbox_wait(struct hostcore *hc)
{
	unsigned long end = jiffies + COMMAND_SECONDS * HZ;
	unsigned int turn = 0;
	int err;

	while (!mailbox_answered(hc->core)) {
		cpu_check_panic(hc);
		err = cpu_down_error(hc);
		if (err)
			return err;
		if (time_after(jiffies, end))
			cpu_mark_down(hc, CORE_LOST);
		mailbox_pause(turn++);
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

int core_post(struct pcore *c, u32 cmd, u64 arg, unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	struct hostcore *hc = cpu_hostcore(c);
	unsigned int turn = 0;
	int err;

	mutex_lock(&hc->command);
	err = mailbox_post(hc, cmd, arg);
	while (!err && !mailbox_answered(c) && READ_ONCE(c->state) == PCORE_ALIVE) {
		err = cpu_down_error(hc);
		if (!err && time_after(jiffies, end))
			err = -ETIMEDOUT;
		mailbox_pause(turn++);
	}
	mutex_unlock(&hc->command);
	return err;
}

void mailbox_flush(struct pcore *c)
{
	/* a core that does not answer gets its INIT: it has no TLB then */
	core_command(c, PCORE_CMD_FLUSH, 0, NULL);
}
