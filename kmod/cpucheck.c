// SPDX-License-Identifier: GPL-2.0
/*
 * May a CPU be taken, and what does a taken one do.
 * Side: host.  Under cpu.c's mutex.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/topology.h>
#include <asm/msr.h>

#include "cpu.h"
#include "cpucheck.h"
#include "doctor.h"
#include "pcore.h"
#include <pvhv/ioctl.h>

#define say(msg, ...)	snprintf(msg, PVHV_MSG_MAX, __VA_ARGS__)

/* An INIT makes the boot core start the firmware, whatever number Linux gave it. */
static bool cpucheck_is_boot(unsigned int cpu)
{
	u64 base;

	if (!cpu)
		return true;
	return !rdmsrl_safe_on_cpu(cpu, MSR_IA32_APICBASE, &base) && (base & MSR_IA32_APICBASE_BSP);
}

static int cpucheck_sibling(unsigned int cpu, u32 flags, char *msg)
{
	unsigned int s;

	if (flags & PVHV_CPU_SPLIT_SMT)
		return 0;
	for_each_cpu(s, topology_sibling_cpumask(cpu)) {
		if (s == cpu)
			continue;
		say(msg, "CPU %u shares a physical core with CPU %u: take that one off line first, or allow to split the core", cpu, s);
		return -EXDEV;
	}
	return 0;
}

int cpucheck_take(unsigned int cpu, u32 flags, char *msg)
{
	int err;

	if (flags & ~PVHV_CPU_SPLIT_SMT) {
		say(msg, "unknown flags 0x%x", flags);
		return -EINVAL;
	}
	if (cpu >= nr_cpu_ids || !cpu_present(cpu)) {
		say(msg, "there is no CPU %u", cpu);
		return -EINVAL;
	}
	if (cpu_is_taken(cpu)) {
		say(msg, "CPU %u is taken already", cpu);
		return -EBUSY;
	}
	err = doctor_require(msg);
	if (err)
		return err;
	if (!cpu_online(cpu)) {
		say(msg, "CPU %u is off line: bring it on line first", cpu);
		return -EINVAL;
	}
	if (num_online_cpus() < 2) {
		say(msg, "CPU %u is the last that the host has", cpu);
		return -EBUSY;
	}
	if (cpucheck_is_boot(cpu)) {
		say(msg, "CPU %u is the boot core, which the host needs: take another", cpu);
		return -EINVAL;
	}
	return cpucheck_sibling(cpu, flags, msg);
}

static u32 cpucheck_state(const struct hostcore *hc)
{
	switch (READ_ONCE(hc->down)) {
	case CORE_LOST:
		return PVHV_CPU_LOST;
	case CORE_PANIC:
		return PVHV_CPU_PANIC;
	case CORE_STOPPED:
		return PVHV_CPU_PARKED;
	default:
		return READ_ONCE(hc->core->state);
	}
}

void cpucheck_info(struct pvhv_cpu_info *info, const struct hostcore *hc)
{
	const struct pcore *c = hc->core;

	info->cpu = c->cpu;
	info->state = cpucheck_state(hc);
	info->apicid = c->apicid;
	info->heartbeat = READ_ONCE(c->heartbeat);
	info->exits = READ_ONCE(c->exits);
	info->cr3_writes = READ_ONCE(c->cr3_writes);
	info->run_ns = hv_ns(READ_ONCE(c->run_tsc));
	info->idle_ns = hv_ns(READ_ONCE(c->idle_tsc));
	info->hv_ns = hv_ns(READ_ONCE(c->hv_tsc));
	info->nr_vcpus = READ_ONCE(c->nr_vcpus);
}
