// SPDX-License-Identifier: GPL-2.0
/*
 * Takes cores from Linux, gives them back, and keeps the table of taken ones.
 * Side: host.  cpu_lock serialises take, give and look-ups by CPU number.
 * hv.cores[] is read under SRCU everywhere else, also in interrupts.
 * stay_lock, inside cpu_lock and hostdom.lock, keeps cores from being given back while a domain's vCPUs are collected.
 *
 * Giving a core back while guests run: it is closed (nobody begins to hand it a vCPU), waits for those that are
 * on their way to it, hands all of them to other cores, and runs no guest from then on, so flushes and new page
 * tables may pass it by. It disappears from hv.cores[], all other cores pass their main loop, so nobody has it in
 * mind any more, and once more it passes on the wake-ups that came meanwhile.
 *
 * A core that is taken is offline for Linux; the veto in hostevents.c keeps
 * it so.  Whatever happened to a core, an INIT gets it back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/math64.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/srcu.h>
#include <linux/workqueue.h>
#include <asm/msr.h>

#include "coreblock.h"
#include "corestart.h"
#include "cpu.h"
#include "cpucheck.h"
#include "cpugroup.h"
#include "cpuhold.h"
#include "doctor.h"
#include "doorbell.h"
#include "hostdom.h"
#include "hvmap.h"
#include "ipi.h"
#include "logdrain.h"
#include "pcore.h"
#include "tscrate.h"
#include <pvhv/ioctl.h>

#define PARK_MS		1000
#define HOLD_MS		10000	/* what a core does for domains that start or end */

#define say(msg, ...)	snprintf(msg, PVHV_MSG_MAX, __VA_ARGS__)

static DEFINE_MUTEX(cpu_lock);
static DECLARE_RWSEM(stay_lock);
DEFINE_STATIC_SRCU(cores_srcu);
static struct hostcore hostcores[HV_MAX_CORES];
static struct cpumask taken;
static u32 cores_named;		/* cpu_lock; would wrap after 67 million takes */
static bool take_forbidden;	/* cpu_lock */
static bool host_down;		/* set once */

static void cpu_report(struct work_struct *w);
static DECLARE_WORK(report_work, cpu_report);

/* --- table --- */

struct hostcore *cpu_hostcore(const struct pcore *c)
{
	return &hostcores[c->index];
}

void cpu_for_each(void (*f)(struct pcore *c))
{
	struct pcore *c;
	int i, idx;

	idx = srcu_read_lock(&cores_srcu);
	for (i = 0; i < HV_MAX_CORES; i++) {
		c = READ_ONCE(hv.cores[i]);
		if (c)
			f(c);
	}
	srcu_read_unlock(&cores_srcu, idx);
}

bool cpu_is_taken(unsigned int cpu)
{
	return cpumask_test_cpu(cpu, &taken);
}

bool cpu_any_taken(void)
{
	return !cpumask_empty(&taken);
}

/* Under cpu_lock. */
static struct hostcore *cpu_find(unsigned int cpu)
{
	int i;

	for (i = 0; i < HV_MAX_CORES; i++)
		if (hv.cores[i] && hv.cores[i]->cpu == cpu)
			return &hostcores[i];
	return NULL;
}

void cpu_stay_get(void)
{
	down_read(&stay_lock);
}

void cpu_stay_put(void)
{
	up_read(&stay_lock);
}

int cpu_read_lock(void)
	__acquires(&cores_srcu)
{
	return srcu_read_lock(&cores_srcu);
}

void cpu_read_unlock(int idx)
	__releases(&cores_srcu)
{
	srcu_read_unlock(&cores_srcu, idx);
}

/* --- cores that are down --- */

int cpu_down_error(const struct hostcore *hc)
{
	switch (READ_ONCE(hc->down)) {
	case CORE_UP:
		return 0;
	case CORE_LOST:
		return -ETIMEDOUT;
	case CORE_PANIC:
		return -EIO;
	default:
		return -ENODEV;
	}
}

/* Ends the domains of cores that went down by themselves. */
static void cpu_report_core(struct pcore *c)
{
	struct hostcore *hc = cpu_hostcore(c);
	int why = READ_ONCE(hc->down);

	if ((why != CORE_LOST && why != CORE_PANIC) || hc->reported)
		return;
	hc->reported = true;
	hostdom_core_lost(c);
}

static void cpu_report(struct work_struct *w)
{
	cpu_for_each(cpu_report_core);
}

void cpu_mark_down(struct hostcore *hc, enum core_down why)
{
	struct pcore *c = hc->core;

	if (cmpxchg(&hc->down, CORE_UP, why) != CORE_UP)
		return;
	/* before anybody asks which domains knew it; pairs with sched_hand() */
	__atomic_store_n(&c->sched.closed, 1, __ATOMIC_SEQ_CST);
	ipi_init(c->apicid);
	/* wherever it was, it is in no guest any more: other cores wait for its exit, see tlb_kick() */
	__atomic_store_n(&c->in_guest, 0, __ATOMIC_SEQ_CST);
	/* nor does it have any lock that it comes back to, see corelock.h */
	__atomic_store_n(&hv.up[c->index], 0, __ATOMIC_RELEASE);
	if (why == CORE_STOPPED)
		return;
	if (why == CORE_PANIC)
		pr_err("core %u stopped itself: %.*s\n", c->cpu,
		       (int)sizeof(c->panic_msg), c->panic_msg);
	else
		pr_err("core %u is lost: it gives no heartbeat; stopped it by INIT\n", c->cpu);
	queue_work(system_unbound_wq, &report_work);
}

void cpu_check_panic(struct hostcore *hc)
{
	if (READ_ONCE(hc->core->state) == PCORE_PANIC)
		cpu_mark_down(hc, CORE_PANIC);
}

static void cpu_stop(struct pcore *c)
{
	cpu_mark_down(cpu_hostcore(c), CORE_STOPPED);
}

void cpu_announce_down(void)
{
	WRITE_ONCE(host_down, true);
}

/*
 * Of hostcores, not of hv.cores[]: a give that the panic broke off may have made its core invisible already.
 * A core that is just being started is found as well: it is published before its first signal.
 */
void cpu_stop_all(void)
{
	int i;

	cpu_announce_down();
	for (i = 0; i < HV_MAX_CORES; i++)
		if (hostcores[i].core)
			cpu_mark_down(&hostcores[i], CORE_STOPPED);
}

bool cpu_host_is_down(void)
{
	return READ_ONCE(host_down);
}

/*
 * A take that is under way has its core started, and a give has its core stopped, before this gets the lock; takes behind
 * it are refused.  A give behind it finds its core stopped: Linux brings the CPU on line, or refuses if it
 * has switched hotplug off by then, as it does before it leaves this kernel.
 */
void cpu_shut(void)
{
	/* before the lock: a take that waits for it is refused */
	cpu_announce_down();
	mutex_lock(&cpu_lock);
	cpu_stop_all();
	mutex_unlock(&cpu_lock);
}

int cpu_forbid_take(void)
{
	int err = 0;

	mutex_lock(&cpu_lock);
	if (cpu_any_taken())
		err = -EBUSY;
	else
		take_forbidden = true;
	mutex_unlock(&cpu_lock);
	return err;
}

void cpu_allow_take(void)
{
	mutex_lock(&cpu_lock);
	take_forbidden = false;
	mutex_unlock(&cpu_lock);
}

/* --- take --- */

void cpu_set_tsc(void)
{
	hv.tsc_khz = tscrate_khz();
	hv.ns_mult = hv.tsc_khz ? div64_u64(USEC_PER_SEC << 32, hv.tsc_khz) : 0;
}

int cpu_check_take(unsigned int cpu, u32 flags, char *msg)
{
	if (take_forbidden || cpu_host_is_down()) {
		say(msg, "the host is about to suspend or to go down: take cores when it is back");
		return -EBUSY;
	}
	return cpucheck_take(cpu, flags, msg);
}

static void cpu_publish(struct pcore *c)
{
	struct hostcore *hc = cpu_hostcore(c);

	c->name = ++cores_named * HV_MAX_CORES + c->index;
	hv.up[c->index] = c->name;
	mutex_init(&hc->command);
	hc->core = c;
	hc->down = CORE_UP;
	hc->leaving = false;
	hc->reported = false;
	hc->holds = 0;
	hc->beat = 0;
	hc->still = 0;
	/* hc and *c are filled before anybody finds them; pairs with the reads under SRCU */
	smp_store_release(&hv.cores[c->index], c);
	doorbell_publish();
}

/* The core is stopped.  On return nobody, host or core, looks at it any more. */
static void cpu_unpublish(struct pcore *c)
{
	flush_work(&report_work);
	WRITE_ONCE(hv.cores[c->index], NULL);
	synchronize_srcu(&cores_srcu);
	/* other cores read hv.cores[], too */
	hvmem_flush();
	logdrain_last(c);
}

static int cpu_start(struct pcore *c, char *msg)
{
	int err;

	cpu_publish(c);
	err = corestart(c);
	if (err) {
		say(msg, "CPU %u did not answer its start signal; it is back with the host: take another", c->cpu);
	} else {
		/* the trampoline's mapping is gone from the tables, now from the TLB */
		err = core_command(c, PCORE_CMD_FLUSH, 0, NULL);
		if (err)
			say(msg, "CPU %u stopped at its start: %.100s", c->cpu, c->panic_msg);
	}
	if (err) {
		cpu_stop(c);
		cpu_unpublish(c);
	}
	return err;
}

static int cpu_free_index(void)
{
	int i;

	for (i = 0; i < HV_MAX_CORES; i++)
		if (!hv.cores[i])
			return i;
	return -1;
}

int cpu_take_one(unsigned int cpu, char *msg)
{
	int err, index = cpu_free_index();
	struct pcore *c;

	if (index < 0) {
		say(msg, "no more than %d cores can be taken: give one back first", HV_MAX_CORES);
		return -EBUSY;
	}
	/* Linux refines it after boot; from the first core on it must not change */
	if (!cpu_any_taken())
		cpu_set_tsc();
	c = coreblock_alloc(cpu, index);
	if (!c) {
		say(msg, "not enough memory for a core (some 250 KiB, one page of it below 4 GiB): make room, and try again");
		return -ENOMEM;
	}
	cpumask_set_cpu(cpu, &taken);
	err = remove_cpu(cpu);
	if (err) {
		say(msg, "Linux does not let CPU %u go off line (error %d): see the kernel's log, and try again or take another",
		    cpu, err);
		err = err < 0 ? err : -EAGAIN;	/* 1: somebody else was faster */
		goto free;
	}
	err = cpu_start(c, msg);
	if (err)
		goto online;
	/* until the give; the caller's file holds the module meanwhile */
	__module_get(THIS_MODULE);
	pr_info("core %u taken\n", cpu);
	return 0;
online:
	cpugroup_unbar(cpu);
	cpumask_clear_cpu(cpu, &taken);
	if (add_cpu(cpu) < 0)
		pr_err("CPU %u did not come back on line\n", cpu);
free:
	cpumask_clear_cpu(cpu, &taken);
	coreblock_free(c);
	return err;
}

/* --- give --- */

/* No new holds on it; waits for those there are. */
static int cpu_leave(struct hostcore *hc, char *msg)
{
	unsigned long end = jiffies + msecs_to_jiffies(HOLD_MS);

	do {
		if (core_hold_none(hc))
			return 0;
		msleep(20);
	} while (time_before(jiffies, end));
	say(msg, "CPU %u is at work for domains that start or end: try again", hc->core->cpu);
	return -EBUSY;
}

static void cpu_stay_taken(struct hostcore *hc)
{
	core_hold_again(hc);
	__atomic_store_n(&hc->core->sched.closed, 0, __ATOMIC_SEQ_CST);
}

static bool cpu_is_last(const struct hostcore *hc)
{
	int i;

	for (i = 0; i < HV_MAX_CORES; i++)
		if (hv.cores[i] && &hostcores[i] != hc && core_usable(hv.cores[i], 0))
			return false;
	return true;
}

/* The number of vCPUs that may run nowhere else, once nothing is on its way to it any more. */
static s64 cpu_hand_on(struct pcore *c)
{
	unsigned long end = jiffies + msecs_to_jiffies(HOLD_MS);
	s64 left = 0;
	int err;

	do {
		/* what is that long in coming lies with a core that was lost: its domain ends, it runs nowhere */
		err = core_command(c, PCORE_CMD_LEAVE, time_after(jiffies, end), &left);
	} while (!err && left == -EAGAIN);
	return err ? 0 : left;
}

/* The core's vCPUs go to others. A core that is down has none, its domains end. */
static int cpu_evacuate(struct hostcore *hc, char *msg)
{
	struct pcore *c = hc->core;
	s64 left;

	if (hc->down != CORE_UP)
		return 0;
	if (cpu_is_last(hc) && hostdom_any_started()) {
		say(msg, "CPU %u is the last core that guests can run on: end them first, or take another",
		    c->cpu);
		return -EBUSY;
	}
	__atomic_store_n(&c->sched.closed, 1, __ATOMIC_SEQ_CST);
	left = cpu_hand_on(c);
	if (!left)
		return 0;
	say(msg, "%lld vCPUs are pinned to CPU %u alone: pin them elsewhere ('pvhv vcpu-pin') or end their guests",
	    left, c->cpu);
	return -EBUSY;
}

/* Out of sight, and the wake-ups that came to it in the meantime go on. */
static void cpu_withdraw(struct pcore *c)
{
	cpu_unpublish(c);
	core_command(c, PCORE_CMD_LEAVE, 1, NULL);
	/* in order if it can: a core parks between two commands, not in the midst of something */
	core_post(c, PCORE_CMD_PARK, 0, PARK_MS);
	cpu_stop(c);
	hostdom_forget_core(c);
}

/* The domains of a core that was lost are ended by a work item. */
static int cpu_wait_ends(struct hostcore *hc, char *msg)
{
	unsigned long end = jiffies + msecs_to_jiffies(HOLD_MS);

	flush_work(&report_work);
	while (hc->down != CORE_UP && hostdom_uses_core(hc->core)) {
		if (time_after(jiffies, end)) {
			say(msg, "the domains of CPU %u are still about to end: try again",
			    hc->core->cpu);
			return -EBUSY;
		}
		msleep(20);
	}
	return 0;
}

static int cpu_vacate(struct hostcore *hc, char *msg)
{
	int err = cpu_wait_ends(hc, msg);

	if (err)
		return err;
	down_write(&stay_lock);
	err = cpu_leave(hc, msg);
	if (!err)
		err = cpu_evacuate(hc, msg);
	if (err)
		cpu_stay_taken(hc);
	else
		cpu_withdraw(hc->core);
	up_write(&stay_lock);
	return err;
}

int cpu_give_one(unsigned int cpu, char *msg)
{
	struct hostcore *hc = cpu_find(cpu);
	struct pcore *c = hc->core;
	int err;

	err = cpu_vacate(hc, msg);
	if (err)
		return err;
	coreblock_free(c);
	cpugroup_unbar(cpu);
	cpumask_clear_cpu(cpu, &taken);
	module_put(THIS_MODULE);
	err = add_cpu(cpu);	/* 1: somebody else was faster */
	if (err < 0) {
		say(msg, "CPU %u is free, but Linux does not bring it on line (error %d): see the kernel's log, and write 1 to its file 'online' in sysfs",
		    cpu, err);
		return err;
	}
	pr_info("core %u given back\n", cpu);
	return 0;
}

int cpu_take(unsigned int cpu, u64 more, u32 flags, char *msg)
{
	int err;

	mutex_lock(&cpu_lock);
	err = cpugroup_take(cpu, more, flags, msg);
	mutex_unlock(&cpu_lock);
	return err;
}

int cpu_give(unsigned int cpu, u64 more, char *msg)
{
	int err;

	mutex_lock(&cpu_lock);
	err = cpugroup_give(cpu, more, msg);
	mutex_unlock(&cpu_lock);
	return err;
}

/* --- information, self tests --- */

int cpu_get_info(struct pvhv_cpu_info *info)
{
	struct hostcore *hc = NULL;
	unsigned int cpu;

	mutex_lock(&cpu_lock);
	for_each_cpu(cpu, &taken) {
		if (cpu >= info->cpu) {
			hc = cpu_find(cpu);
			break;
		}
	}
	if (hc)
		cpucheck_info(info, hc);
	mutex_unlock(&cpu_lock);
	return hc ? 0 : -ENOENT;
}

int cpu_command(unsigned int cpu, u32 cmd, u64 arg, s64 *ret)
{
	struct hostcore *hc;
	int err = -ENOENT;

	mutex_lock(&cpu_lock);
	hc = cpu_find(cpu);
	if (hc && (cmd == PCORE_CMD_PARK || cmd == PCORE_CMD_WEDGE || cmd == PCORE_CMD_CRASH))
		err = core_post(hc->core, cmd, arg, PARK_MS);
	else if (hc)
		err = core_command(hc->core, cmd, arg, ret);
	mutex_unlock(&cpu_lock);
	return err;
}

void cpu_exit(void)
{
	flush_work(&report_work);
}
