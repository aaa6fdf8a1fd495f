/* SPDX-License-Identifier: GPL-2.0 */
/*
 * May a CPU be taken, and what does a taken one do.
 * Side: host.  Under cpu.c's mutex.
 */
#ifndef PVHV_CPUCHECK_H
#define PVHV_CPUCHECK_H

#include <linux/types.h>

struct cpumask;
struct hostcore;
struct pvhv_cpu_info;

/* All of these: 0, or -errno and in msg (PVHV_MSG_MAX bytes) why not: see PVHV_IOC_CPU_TAKE. */

/* The CPUs that a call names.  -EINVAL: numbers beyond those of this machine. */
int cpucheck_set(struct cpumask *set, unsigned int cpu, u64 more, char *msg);
/* May this CPU be taken? */
int cpucheck_take(unsigned int cpu, u32 flags, char *msg);
/* No other thread of a physical core that has CPUs in this set is on line, or outside of it in that one.  -EXDEV. */
int cpucheck_on_line(const struct cpumask *set, char *msg);
int cpucheck_taken(const struct cpumask *set, const struct cpumask *whole, char *msg);

/* Two threads of one physical core, whether on line or not; also true for one and the same.  Any context. */
bool cpucheck_same_core(unsigned int a, unsigned int b);
void cpucheck_info(struct pvhv_cpu_info *info, const struct hostcore *hc);

#endif /* PVHV_CPUCHECK_H */
