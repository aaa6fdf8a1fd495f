/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The vCPU page: state that a vCPU and the hypervisor share.
 * Side: ABI.  Guest read-write; the hypervisor trusts nothing in it.
 *
 * It appears at PVHV_VCPU_VA on whatever core the vCPU runs, so
 * one absolute address means 'mine' on every vCPU.
 */
#ifndef PVHV_ABI_VCPU_H
#define PVHV_ABI_VCPU_H

#include <pvhv/layout.h>

/* Offsets for assembly; pinned by abi_assert.h. */
#define PVHV_VCPU_VIF			0x00
#define PVHV_VCPU_UPCALL_PENDING	0x01
#define PVHV_VCPU_USER_RSP		0x08
#define PVHV_VCPU_USER_GS		0x10
#define PVHV_VCPU_SP0			0x18
#define PVHV_VCPU_CR2			0x20
#define PVHV_VCPU_PENDING		0x40
#define PVHV_VCPU_MASK			0x60

#define PVHV_NR_PORTS		256

/*
 * Ports 0-7 are virtual interrupts of each vCPU; ports from 8 on belong to
 * the domain and are bound to one vCPU each (vCPU 0 at start).
 */
#define PVHV_PORT_TIMER		0
#define PVHV_PORT_IPI_RESCHED	1
#define PVHV_PORT_IPI_CALL	2
#define PVHV_PORT_IPI_CALL1	3
#define PVHV_PORT_IPI_IRQWORK	4
#define PVHV_PORT_KICK		5	/* pv spinlock kick */
#define PVHV_PORT_IPI_REBOOT	6
#define PVHV_PORT_CONSOLE	8
#define PVHV_PORT_POWER		9	/* host asks for a clean shutdown */
#define PVHV_PORT_BUS		10	/* a virtio device came or went: look at all device pages */
#define PVHV_PORT_BALLOON	11	/* shared_info.balloon_target changed, or INCREASE may find frames again */
#define PVHV_PORT_CPU		12	/* shared_info.vcpus_wanted changed */
#define PVHV_PORT_DEV_FIRST	16
#define PVHV_PORTS_PER_DEV	8
/* device d: control and configuration port; its queue q */
#define PVHV_PORT_DEV_CTRL(d)	(PVHV_PORT_DEV_FIRST + (d) * PVHV_PORTS_PER_DEV)
#define PVHV_PORT_DEV_QUEUE(d, q) (PVHV_PORT_DEV_CTRL(d) + 1 + (q))

#ifndef __ASSEMBLY__
#include <linux/types.h>

struct pvhv_vcpu_page {
	/*
	 * Virtual interrupt flag: 1 = upcalls may be delivered.  The guest's
	 * CLI and STI are stores here.  Delivery of an upcall, of a trap whose
	 * table entry says so, and SYSCALL clear it; a return through ret_rip
	 * or sysret_rip sets it to the frame's IF.
	 * After a store of 1 the guest tests upcall_pending and, if set, calls
	 * PVHV_HC_FORCE_UPCALL.
	 */
	__u8	vif;
	/*
	 * Set (to 1) by the hypervisor and the host after a bit in pending;
	 * cleared by the guest at the start of its upcall handler, before it
	 * reads pending.
	 */
	__u8	upcall_pending;
	__u8	pad0[6];
	/* Application's RSP at SYSCALL; written by the gate. */
	__u64	user_rsp;
	/*
	 * GS base of the application; written by the gate on every entry from
	 * ring 3, loaded on every return to ring 3.  The guest reads and
	 * writes it as native Linux does MSR_KERNEL_GS_BASE.  Must be
	 * canonical, or the domain is killed at the return.
	 */
	__u64	user_gs_base;
	/* Top of the kernel stack for entries from ring 3; guest writes. */
	__u64	sp0;
	/* Address of the last page fault; written before its delivery. */
	__u64	cr2;
	__u64	pad1[3];
	/* Pending and masked ports: bit p & 63 of word p >> 6.  Atomic bit ops on both sides. */
	__u64	pending[4];
	__u64	mask[4];
	/* Time this vCPU was ready but did not run, ns; hypervisor writes. */
	__u64	steal_ns;
	__u32	pad3;
	__u32	vcpu_id;
	/*
	 * Virtual time; hypervisor writes at each switch to this vCPU.  It had run
	 * for run_ns when it came on at TSC value run_tsc, so its virtual
	 * time is run_ns + (TSC - run_tsc) in ns.  A reader takes run_tsc before
	 * and after, and again if it differs.
	 */
	__u64	run_ns;
	__u64	run_tsc;
	__u64	pad2[492];
};

/* The argument pages, at PVHV_ARG_VA: entries for PVHV_HC_MMU_UPDATE, or the input of other hypercalls. */
#define PVHV_ARG_SIZE	4096

/*
 * ptr: machine address of the entry to change (8-byte aligned), with the
 * command in bits 2:0.  val: new value with machine addresses.
 */
struct pvhv_mmu_update {
	__u64	ptr;
	__u64	val;
};
#define PVHV_MMU_QUEUE_LEN	(PVHV_ARG_SIZE / 16)

#define PVHV_MMU_SET		0	/* store val */
#define PVHV_MMU_SET_KEEP_AD	1	/* store val | (old accessed and dirty bits): for mprotect-like changes */
#define PVHV_MMU_CLEAR_RW	2	/* clear RW of the present entry (fork's write protection); val ignored */
#define PVHV_MMU_CLEAR_A	3	/* clear the accessed bit; val ignored */
#define PVHV_MMU_CLEAR		4	/* store 0; val ignored */

struct pvhv_trap_info {
	__u8	vector;
	__u8	flags;		/* PVHV_TRAP_* */
	__u16	pad0;
	__u32	pad1;
	__u64	rip;		/* handler; canonical, upper half; 0 removes */
};
#define PVHV_TRAP_DPL3	1	/* INT n from ring 3 allowed (3, 4, 0x80) */
#define PVHV_TRAP_CLEAR_VIF 2	/* interrupt gate: vIF := 0 at delivery */

#endif /* __ASSEMBLY__ */
#endif /* PVHV_ABI_VCPU_H */
