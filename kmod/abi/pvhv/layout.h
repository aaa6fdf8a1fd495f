/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Virtual address layout and selectors that a guest sees.
 * Side: ABI (hypervisor, guest kernels, builder; usable from assembly).
 *
 * L4 slots 256-271 belong to the hypervisor.  A guest's own L4 must hold
 * zero there.  All other slots are the guest's.
 */
#ifndef PVHV_ABI_LAYOUT_H
#define PVHV_ABI_LAYOUT_H

#ifdef __ASSEMBLY__
#define PVHV_UL(x)	x
#else
#define PVHV_UL(x)	x##UL
#endif

#define PVHV_ABI_VERSION	1

#define PVHV_HV_SLOT_FIRST	256
#define PVHV_HV_SLOT_LAST	271

/*
 * Slot 256: the gate.  Private to each core; the addresses are the same on
 * all of them.  Only the pages named here are part of the ABI.
 */
#define PVHV_GATE_BASE		PVHV_UL(0xffff800000000000)
/* struct pvhv_vcpu_page of the vCPU that executes; guest read-write */
#define PVHV_VCPU_VA		PVHV_UL(0xffff800000030000)
/* argument and MMU queue pages of the vCPU that executes; guest read-write */
#define PVHV_ARG_VA		PVHV_UL(0xffff800000031000)

/* Slot 257: P2M, __u64 mfn per gfn; guest read-only.  ~0 = no frame. */
#define PVHV_P2M_VA		PVHV_UL(0xffff808000000000)
/* Slot 258: the domain's shared pages, see shared.h; guest read-write */
#define PVHV_SHARED_VA		PVHV_UL(0xffff810000000000)
/*
 * Slot 259: M2P, __u64 gfn per mfn; guest read-only.  Mapped only where a
 * 2 MiB region holds donated memory; ~0 = frame of no domain.
 */
#define PVHV_M2P_VA		PVHV_UL(0xffff818000000000)

/* Default base of the guest's direct map (gfn g at base + g * 4096). */
#define PVHV_DIRECTMAP_VA	PVHV_UL(0xffff888000000000)
/* Linux' kernel image map (address = physical address + this). */
#define PVHV_KERNMAP_VA		PVHV_UL(0xffffffff80000000)

/*
 * Selectors.  The GDT is the hypervisor's; its user part is laid out as
 * Linux lays it out.  Ring 0 uses 0x80/0x88, not reachable for a guest.
 * Exception frames show the kernel's CS and SS with RPL 0 (0x10, 0x18), as
 * native Linux expects; the hypervisor takes either form back.
 */
#define PVHV_KERNEL_CS		0x11	/* ring 1, 64-bit code */
#define PVHV_KERNEL_DS		0x19	/* ring 1, data */
#define PVHV_USER32_CS		0x23
#define PVHV_USER_DS		0x2b
#define PVHV_USER_CS		0x33
#define PVHV_TLS_FIRST		12	/* GDT entries 12, 13, 14 */
#define PVHV_TLS_COUNT		3
#define PVHV_CPUNODE_SEL	0x7b	/* limit = vCPU number, for LSL */

/* RFLAGS bits that a return to an application keeps; IF is always set. */
#define PVHV_UFLAGS_KEEP	0x250dd5

#endif /* PVHV_ABI_LAYOUT_H */
