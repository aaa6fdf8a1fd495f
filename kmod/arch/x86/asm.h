/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions that C has no words for.
 * Side: core.
 */
#ifndef PVHV_ASM_H
#define PVHV_ASM_H

#include <linux/types.h>
#include "hv.h"

#define MSR_EFER_		0xc0000080
#define MSR_STAR_		0xc0000081
#define MSR_LSTAR_		0xc0000082
#define MSR_CSTAR_		0xc0000083
#define MSR_FMASK_		0xc0000084
#define MSR_FS_BASE_		0xc0000100
#define MSR_GS_BASE_		0xc0000101
#define MSR_KERNEL_GS_BASE_	0xc0000102
#define MSR_TSC_AUX_		0xc0000103
#define MSR_APIC_BASE_		0x1b
#define MSR_SYSENTER_CS_	0x174
#define MSR_PRED_CMD_		0x49

#define EFER_SCE_		(1 << 0)
#define EFER_NXE_		(1 << 11)

#define CR4_DE_			(1UL << 3)
#define CR4_PAE_		(1UL << 5)
#define CR4_MCE_		(1UL << 6)
#define CR4_OSFXSR_		(1UL << 9)
#define CR4_OSXMMEXCPT_		(1UL << 10)
#define CR4_UMIP_		(1UL << 11)
#define CR4_LA57_		(1UL << 12)
#define CR4_FSGSBASE_		(1UL << 16)
#define CR4_OSXSAVE_		(1UL << 18)
#define CR4_SMEP_		(1UL << 20)

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return lo | (u64)hi << 32;
}

static inline void wrmsr(u32 msr, u64 val)
{
	u32 lo = val & 0xffffffff, hi = val >> 32;

	asm volatile("wrmsr" : : "c"(msr), "a"(lo), "d"(hi) : "memory");
}

static inline u64 rdtsc_ordered_(void)
{
	u32 lo, hi;

	asm volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return lo | (u64)hi << 32;
}

#define READ_CR(n) ({ u64 v_; asm volatile("movq %%cr" #n ", %0" : "=r"(v_) : : "memory"); v_; })
#define WRITE_CR(n, v) ({ asm volatile("movq %0, %%cr" #n : : "r"((u64)(v)) : "memory"); })
#define READ_DR(n) ({ u64 v_; asm volatile("movq %%db" #n ", %0" : "=r"(v_)); v_; })
#define WRITE_DR(n, v) ({ asm volatile("movq %0, %%db" #n : : "r"((u64)(v))); })

static inline u64 rdfsbase_(void)
{
	u64 v;

	asm volatile("rdfsbase %0" : "=r"(v));
	return v;
}

static inline u64 rdgsbase_(void)
{
	u64 v;

	asm volatile("rdgsbase %0" : "=r"(v));
	return v;
}

static inline void wrfsbase_(u64 v)
{
	asm volatile("wrfsbase %0" : : "r"(v));
}

static inline void wrgsbase_(u64 v)
{
	asm volatile("wrgsbase %0" : : "r"(v));
}

static inline void cpu_pause(void)
{
	asm volatile("pause" : : : "memory");
}

static inline void cpu_barrier(void)
{
	asm volatile("mfence" : : : "memory");
}

/*
 * Whether the CPU takes it for an address: RIP, RSP and segment bases have 57 bits on a core with five
 * levels of page tables.  Guests' tables have four all the same; pte_va_ok() is for what they map.
 */
static inline bool is_canonical(u64 a)
{
	unsigned int unused = hv.la57 ? 7 : 16;

	return (u64)((s64)(a << unused) >> unused) == a;
}

/* Upper half, canonical, and not in the hypervisor's slots: where a guest kernel may have code and stacks. */
static inline bool is_guest_kernel_va(u64 a)
{
	return a >> 43 > 0x1ffff0;
}

#define fallthrough_ __attribute__((__fallthrough__))

#endif /* PVHV_ASM_H */
