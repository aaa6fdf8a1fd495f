/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gate: the only hypervisor memory that is mapped while a guest runs.
 * Side: core (gate_init is called by the host before a core starts).
 *
 * One L4 slot, private to each core.  Text and tables are read-only, also for
 * ring 0 (CR0.WP); the stacks and gate_rw are writable for ring 1 of the same
 * core, so nothing in them is trusted after the guest ran.
 */
#ifndef PVHV_GATE_H
#define PVHV_GATE_H

#include <pvhv/layout.h>

/* Offsets from PVHV_GATE_BASE; what is not named stays unmapped (guard pages). */
#define GATE_TEXT		0x00000
#define GATE_IDT		0x10000
#define GATE_GDT		0x11000
#define GATE_TSS		0x12000
#define GATE_RO			0x14000
#define GATE_RW			0x16000
#define GATE_STACK		0x19000
#define GATE_IST_NMI		0x1c000
#define GATE_IST_DF		0x1e000
#define GATE_IST_MC		0x20000
#define GATE_IST_DB		0x22000
#define GATE_VCPU		0x30000
#define GATE_ARGS		0x31000
#define GATE_VCPU_RO		0x32000
#define GATE_STACK_TOP		(GATE_STACK + 0x1000)
#define GATE_IST_NMI_TOP	(GATE_IST_NMI + 0x1000)
#define GATE_IST_DB_TOP		(GATE_IST_DB + 0x1000)
/* Mapped in the hypervisor's root only: here are addresses that no guest learns. */
#define GATE_HV			0x200000

/* Ring 0 selectors and the TSS. */
#define HV_CS			0x80
#define HV_DS			0x88
#define HV_TSS			0x40
#define HV_GDT_ENTRIES		18

/* struct gate_ro */
#define RO_HV_CR3		0x00
#define RO_VERW			0x08
#define RO_ROOTS		0x40
/* struct gate_hv */
#define HVP_EXIT		0x00
#define HVP_TRAP		0x08
#define HVP_CORE		0x10
/* struct gate_rw */
#define RW_TMP			0x00
#define RW_NMI			0x08
#define RW_IST_USED		0x10
/* struct vcpu_ro */
#define VRO_SYSFRAME		0x00
#define VRO_SYS32FRAME		0x28
#define VRO_RET_RIP		0x50
#define VRO_SYSRET_RIP		0x58
#define VRO_KERNEL_GS		0x60
#define VRO_PF_RIP		0x68
#define VRO_PF_KEEP_VIF		0x70
#define VRO_DR7			0x78

/* regs.vector for exits that are no vector */
#define EXIT_HYPERCALL		0x100
#define EXIT_RET		0x101	/* a return that the gate does not do by itself */
#define EXIT_SYSRET		0x102
#define EXIT_BAD_STACK		0x103	/* #PF could not be pushed */
#define EXIT_BAD_GS		0x104	/* user_gs_base not canonical */

#define REGS_SIZE		176

#define DR7_INIT		0x400

/* SYSCALL clears TF, IF, DF, IOPL, NT, AC. */
#define HV_FMASK		0x47700

#ifndef __ASSEMBLY__
#include "pcore.h"

struct gate_frame {		/* as IRETQ pops it */
	u64 rip, cs, rflags, rsp, ss;
};

struct gate_ro {
	u64	hv_cr3;
	u64	verw;		/* a selector for VERW; 0: this CPU has nothing to clear */
	u64	pad[6];
	/* roots that PVHV_MMU_LOAD may take without leaving the gate: the current domain's only */
	struct {
		u64 mfn;	/* unused ones repeat the loaded root */
		u64 cr3;
	} roots[PCORE_ROOTS];
};

struct gate_hv {
	u64	exit;		/* hv_exit in entry.S */
	u64	trap;		/* hv_trap_entry in entry.S */
	struct pcore *core;
};

struct gate_rw {
	u64	tmp;
	u64	nmi_count;
	u64	ist_used;	/* NMI or #DB came in ring 0: see gate_enter */
};

struct vcpu_ro {
	struct gate_frame sysframe, sys32frame;
	u64	ret_rip, sysret_rip;
	u64	kernel_gs;
	u64	pf_rip;		/* copies of trap_rip[14] and its flag, for the gate */
	u64	pf_keep_vif;
	u64	dr7;		/* 0: no breakpoint is armed */
	u64	upcall_rip;
	u64	pad[15];
	u8	trap_flags[256];
	u64	trap_rip[256];	/* 0 = none */
};

_Static_assert(__builtin_offsetof(struct gate_hv, exit) == HVP_EXIT, "gate_hv");
_Static_assert(__builtin_offsetof(struct gate_hv, trap) == HVP_TRAP, "gate_hv");
_Static_assert(__builtin_offsetof(struct gate_hv, core) == HVP_CORE, "gate_hv");
_Static_assert(__builtin_offsetof(struct gate_ro, verw) == RO_VERW, "gate_ro");
_Static_assert(__builtin_offsetof(struct gate_ro, roots) == RO_ROOTS, "gate_ro");
_Static_assert(__builtin_offsetof(struct gate_rw, nmi_count) == RW_NMI, "gate_rw");
_Static_assert(__builtin_offsetof(struct gate_rw, ist_used) == RW_IST_USED, "gate_rw");
_Static_assert(__builtin_offsetof(struct vcpu_ro, sys32frame) == VRO_SYS32FRAME, "vcpu_ro");
_Static_assert(__builtin_offsetof(struct vcpu_ro, ret_rip) == VRO_RET_RIP, "vcpu_ro");
_Static_assert(__builtin_offsetof(struct vcpu_ro, sysret_rip) == VRO_SYSRET_RIP, "vcpu_ro");
_Static_assert(__builtin_offsetof(struct vcpu_ro, kernel_gs) == VRO_KERNEL_GS, "vcpu_ro");
_Static_assert(__builtin_offsetof(struct vcpu_ro, pf_rip) == VRO_PF_RIP, "vcpu_ro");
_Static_assert(__builtin_offsetof(struct vcpu_ro, pf_keep_vif) == VRO_PF_KEEP_VIF, "vcpu_ro");
_Static_assert(__builtin_offsetof(struct vcpu_ro, dr7) == VRO_DR7, "vcpu_ro");
_Static_assert(sizeof(struct vcpu_ro) <= HV_PAGE_SIZE, "vcpu_ro");

/* The gate's code, position independent; the host copies it once into pages of its own. */
extern const char gate_text_start[], gate_text_end[];
/* Offsets into it. */
extern const char gate_stubs[], gate_syscall[], gate_syscall32[], gate_pf[], gate_db[], gate_nmi[], gate_df[], gate_mc[], gate_enter[];

/*
 * Fills the gate of a core: IDT, GDT, TSS, constants, page tables, and its
 * slots in the hypervisor's root.  All pages named in struct pcore are
 * allocated and zero, hv is filled.
 */
void gate_init(struct pcore *c);

/* What a guest root has in slot 256 on this core. */
u64 gate_slot(const struct pcore *c);

/* Points the gate of this core at a vCPU's pages (NULL: at none).  The caller reloads CR3. */
struct vcpu;
void gate_set_vcpu(struct pcore *c, const struct vcpu *v);

/* The core that executes; only on a taken core, in the hypervisor's map. */
static inline struct pcore *this_core(void)
{
	return ((struct gate_hv *)(PVHV_GATE_BASE + GATE_HV))->core;
}

#endif /* __ASSEMBLY__ */
#endif /* PVHV_GATE_H */
