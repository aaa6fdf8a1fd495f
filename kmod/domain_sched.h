/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scheduling of guests from the host's user space: parameters, pause, pins.
 * Side: host.
 */
#ifndef PVHV_DOMAIN_SCHED_H
#define PVHV_DOMAIN_SCHED_H

#include <linux/types.h>

struct vcpu;

/* Rows of the control file's table, see abi/pvhv/ioctl_sched.h. */
long sched_ioctl_get(void *ctx, void *arg);
long sched_ioctl_set(void *ctx, void *arg);
long sched_ioctl_pause(void *ctx, unsigned long user);
long sched_ioctl_unpause(void *ctx, unsigned long user);
long sched_ioctl_pin(void *ctx, void *arg);
long sched_ioctl_vcpu_set(void *ctx, void *arg);
long sched_ioctl_vcpu_state(void *ctx, void *arg);

/* The Linux number of the core that a vCPU is on just now; -1: none.  Any context. */
s32 vcpu_cpu(const struct vcpu *v);

#endif /* PVHV_DOMAIN_SCHED_H */
