/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hypercalls, and the pages that go with them.
 * Side: guest.  The argument page is one per vCPU: a test that lets upcalls
 * come uses it with the virtual IF cleared.
 */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include "types.h"
#include <pvhv/hypercall.h>
#include <pvhv/shared.h>
#include <pvhv/start_info.h>

#define EPERM		1
#define EFAULT		14
#define EBUSY		16
#define EINVAL		22
#define ERANGE		34
#define ENOSYS		38

#define vcpu_page	((volatile struct pvhv_vcpu_page *)PVHV_VCPU_VA)
#define arg_page	((volatile u64 *)PVHV_ARG_VA)

static inline long hypercall(u64 nr, u64 a, u64 b, u64 c)
{
	long ret = nr;

	asm volatile("syscall" : "+a"(ret) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return ret;
}

static inline long hc_set_callback(u64 which, u64 rip)
{
	return hypercall(PVHV_HC_SET_CALLBACK, which, rip, 0);
}

static inline long hc_mmu_op(u64 op, u64 arg)
{
	return hypercall(PVHV_HC_MMU_OP, op, arg, 0);
}

static inline long hc_update_va(u64 va, u64 pte)
{
	return hypercall(PVHV_HC_UPDATE_VA, va, pte, 0);
}

/* One entry by mmu_update: 0 or -errno. */
static inline long hc_mmu_update(u64 ptr, u64 val)
{
	long ret;

	arg_page[0] = ptr;
	arg_page[1] = val;
	ret = hypercall(PVHV_HC_MMU_UPDATE, 1, 0, 0);
	return ret == 1 ? 0 : ret;
}

static inline long hc_sched(u64 op, u64 arg)
{
	return hypercall(PVHV_HC_SCHED, op, arg, 0);
}

static inline long hc_notify(u64 port)
{
	return hypercall(PVHV_HC_NOTIFY, port, 0, 0);
}

static inline long hc_set_debugreg(u64 n, u64 val)
{
	return hypercall(PVHV_HC_SET_DEBUGREG, n, val, 0);
}

static inline long hc_get_debugreg(u64 n)
{
	return hypercall(PVHV_HC_GET_DEBUGREG, n, 0, 0);
}

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return lo | (u64)hi << 32;
}

#endif
