// SPDX-License-Identifier: GPL-2.0
/*
 * May a CPU be taken, and what does a taken one do.
 * Side: host.  Under cpu.c's mutex.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/smp.h>

#include "cpu.h"
#include "cpucheck.h"
#include "doctor.h"
#include "pcore.h"
#include <pvhv/ioctl.h>

#define CPUID_TOPOLOGY	0xb
#define CPUID_AMD_CORE	0x8000001e

#define say(msg, ...)	snprintf(msg, PVHV_MSG_MAX, __VA_ARGS__)

static void cpucheck_say_none(unsigned int cpu, char *msg)
{
	say(msg, "there is no CPU %u: this machine has CPUs %*pbl", cpu, cpumask_pr_args(cpu_present_mask));
}

/* An INIT makes the boot core start the firmware, whatever number Linux gave it. */
static bool cpucheck_is_boot(unsigned int cpu)
{
	u64 base;

	if (!cpu)
		return true;
	return !rdmsrl_safe_on_cpu(cpu, MSR_IA32_APICBASE, &base) && (base & MSR_IA32_APICBASE_BSP);
}

/* How many low bits of their APIC ids tell the threads of one core apart: Linux forgets the siblings of a CPU that is off line. */
static unsigned int cpucheck_thread_bits(void)
{
	u32 eax, ebx, ecx, edx;

	if (boot_cpu_data.cpuid_level >= CPUID_TOPOLOGY) {
		cpuid_count(CPUID_TOPOLOGY, 0, &eax, &ebx, &ecx, &edx);
		if (ebx)
			return eax & 0x1f;
	}
	if (boot_cpu_has(X86_FEATURE_TOPOEXT))
		return get_count_order((cpuid_ebx(CPUID_AMD_CORE) >> 8 & 0xff) + 1);
	return 0;
}

bool cpucheck_same_core(unsigned int a, unsigned int b)
{
	unsigned int bits = cpucheck_thread_bits();

	return per_cpu(x86_cpu_to_apicid, a) >> bits == per_cpu(x86_cpu_to_apicid, b) >> bits;
}

/* The first of these CPUs that is none of the set, but shares a core with one of it: *of. */
static unsigned int cpucheck_beside(const struct cpumask *these, const struct cpumask *set, unsigned int *of)
{
	unsigned int cpu;

	for_each_cpu_andnot(cpu, these, set)
		for_each_cpu(*of, set)
			if (cpucheck_same_core(cpu, *of))
				return cpu;
	return nr_cpu_ids;
}

int cpucheck_on_line(const struct cpumask *set, char *msg)
{
	unsigned int cpu, of;

	/* also waits for one that is on its way */
	cpus_read_lock();
	cpu = cpucheck_beside(cpu_online_mask, set, &of);
	cpus_read_unlock();
	if (cpu >= nr_cpu_ids)
		return 0;
	say(msg, "CPU %u shares a physical core with CPU %u, which the host would keep: take both in one call, or allow to split the core (--split-smt)",
	    of, cpu);
	return -EXDEV;
}

int cpucheck_taken(const struct cpumask *set, const struct cpumask *whole, char *msg)
{
	unsigned int of, cpu = cpucheck_beside(whole, set, &of);

	if (cpu >= nr_cpu_ids)
		return 0;
	say(msg, "CPU %u shares a physical core with CPU %u, which would stay taken: give both in one call (only 'take --split-smt' allows to split it)",
	    of, cpu);
	return -EXDEV;
}

int cpucheck_set(struct cpumask *set, unsigned int cpu, u64 more, char *msg)
{
	unsigned int i, last = max_t(unsigned int, cpu, more ? fls64(more) - 1 : 0);

	if (last >= nr_cpu_ids) {
		cpucheck_say_none(last, msg);
		return -EINVAL;
	}
	cpumask_clear(set);
	cpumask_set_cpu(cpu, set);
	for (i = 0; i < 64; i++)
		if (more & BIT_ULL(i))
			cpumask_set_cpu(i, set);
	return 0;
}

int cpucheck_take(unsigned int cpu, u32 flags, char *msg)
{
	int err;

	if (flags & ~PVHV_CPU_SPLIT_SMT) {
		say(msg, "unknown flags 0x%x: use a tool of the module's build", flags);
		return -EINVAL;
	}
	if (!cpu_present(cpu)) {
		cpucheck_say_none(cpu, msg);
		return -EINVAL;
	}
	if (cpu_is_taken(cpu)) {
		say(msg, "CPU %u is taken already: take another ('pvhv cpu list' shows those taken)", cpu);
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
		say(msg, "CPU %u is the last that the host has: give it another back first, or bring one on line", cpu);
		return -EBUSY;
	}
	if (cpucheck_is_boot(cpu)) {
		say(msg, "CPU %u is the boot core, which the host needs: take another", cpu);
		return -EINVAL;
	}
	return 0;
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
