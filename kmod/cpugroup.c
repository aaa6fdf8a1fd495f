// SPDX-License-Identifier: GPL-2.0
/*
 * Takes and gives the CPUs of one call, all or none, and keeps physical cores whole: Linux
 * must not run one thread (SMT) of a core while another one is taken, unless the take allowed that.
 * Side: host.  Under cpu.c's mutex, but for the look of CPU hotplug.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/printk.h>

#include "cpu.h"
#include "cpucheck.h"
#include "cpugroup.h"
#include <pvhv/ioctl.h>

/* Taken, or just being taken, without leave to split their physical cores. */
static struct cpumask whole;

unsigned int cpugroup_beside(unsigned int cpu)
{
	unsigned int other;

	for_each_cpu(other, &whole)
		if (other != cpu && cpucheck_same_core(other, cpu))
			break;
	return other;
}

void cpugroup_unbar(unsigned int cpu)
{
	unsigned int other;

	for_each_cpu(other, &whole)
		if (cpucheck_same_core(other, cpu))
			cpumask_clear_cpu(other, &whole);
}

/* All, or what is done is undone. */
static int cpugroup_change(const struct cpumask *set, int (*change)(unsigned int cpu, char *msg),
			   int (*undo)(unsigned int cpu, char *msg), char *msg)
{
	char why[PVHV_MSG_MAX];
	unsigned int cpu, done;
	int err = 0;

	for_each_cpu(cpu, set) {
		err = change(cpu, msg);
		if (err)
			break;
	}
	if (!err)
		return 0;
	for_each_cpu(done, set) {
		if (done == cpu)
			break;
		/* of a core just taken not if a guest has started there meanwhile, and cannot go elsewhere */
		if (undo(done, why))
			pr_warn("CPU %u does not go back to where it was: %s\n", done, why);
	}
	return err;
}

int cpugroup_take(unsigned int cpu, u64 more, u32 flags, char *msg)
{
	static struct cpumask set;
	int err = cpucheck_set(&set, cpu, more, msg);

	if (err)
		return err;
	for_each_cpu(cpu, &set) {
		err = cpu_check_take(cpu, flags, msg);
		if (err)
			return err;
	}
	if (!(flags & PVHV_CPU_SPLIT_SMT)) {
		/* first barred, then looked at: so none comes on line behind the look */
		cpumask_or(&whole, &whole, &set);
		err = cpucheck_on_line(&set, msg);
	}
	if (!err)
		err = cpugroup_change(&set, cpu_take_one, cpu_give_one, msg);
	if (err)
		cpumask_andnot(&whole, &whole, &set);
	return err;
}

static int cpugroup_give_all(const struct cpumask *set, char *msg)
{
	static struct cpumask was_whole;
	unsigned int cpu;
	int err;

	cpumask_and(&was_whole, &whole, set);
	err = cpugroup_change(set, cpu_give_one, cpu_take_one, msg);
	if (!err)
		return 0;
	for_each_cpu(cpu, &was_whole)
		if (cpu_is_taken(cpu))
			cpumask_set_cpu(cpu, &whole);
	return err;
}

int cpugroup_give(unsigned int cpu, u64 more, char *msg)
{
	static struct cpumask set;
	int err;

	if (cpucheck_set(&set, cpu, more, msg))
		return -ENOENT;
	for_each_cpu(cpu, &set) {
		if (!cpu_is_taken(cpu)) {
			snprintf(msg, PVHV_MSG_MAX, "CPU %u is not taken: 'pvhv cpu list' shows those that are", cpu);
			return -ENOENT;
		}
	}
	err = cpucheck_taken(&set, &whole, msg);
	return err ? err : cpugroup_give_all(&set, msg);
}
