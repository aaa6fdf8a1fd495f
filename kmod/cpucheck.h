/* SPDX-License-Identifier: GPL-2.0 */
/*
 * May a CPU be taken, and what does a taken one do.
 * Side: host.  Under cpu.c's mutex.
 */
#ifndef PVHV_CPUCHECK_H
#define PVHV_CPUCHECK_H

#include <linux/types.h>

struct hostcore;
struct pvhv_cpu_info;

/* 0, or -errno and in msg (PVHV_MSG_MAX bytes) why not: see PVHV_IOC_CPU_TAKE. */
int cpucheck_take(unsigned int cpu, u32 flags, char *msg);
void cpucheck_info(struct pvhv_cpu_info *info, const struct hostcore *hc);

#endif /* PVHV_CPUCHECK_H */
