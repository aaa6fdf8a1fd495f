/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CPUs that are taken or given in one call, and the physical cores that they are threads of.
 * Side: host.
 */
#ifndef PVHV_CPUGROUP_H
#define PVHV_CPUGROUP_H

#include <linux/types.h>

/* As cpu_take and cpu_give, under cpu.c's mutex. */
int cpugroup_take(unsigned int cpu, u64 more, u32 flags, char *msg);
int cpugroup_give(unsigned int cpu, u64 more, char *msg);
/* The physical core of this CPU is about to be split, or to be Linux' again.  Under cpu.c's mutex. */
void cpugroup_unbar(unsigned int cpu);

/* The taken CPU because of which this one, another thread of its physical core, must stay off line; nr_cpu_ids: none.  Any context. */
unsigned int cpugroup_beside(unsigned int cpu);

#endif /* PVHV_CPUGROUP_H */
