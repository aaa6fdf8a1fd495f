/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Hypercalls: SYSCALL from ring 1.
 * Side: ABI.
 *
 * RAX = number; RDI, RSI, RDX, R10, R8, R9 = arguments.  Result in RAX:
 * >= 0, or -errno with nothing changed unless the call's text says
 * otherwise.  RCX and R11 are lost; all other registers are kept.
 * No hypercall takes a pointer: bulk arguments lie in the vCPU's argument
 * page (PVHV_ARG_VA), which the hypervisor copies entry by entry, once,
 * before it looks.
 * Any call may take long; it is preempted (RIP is moved back to the SYSCALL
 * with updated arguments) without the guest noticing.  Unknown numbers: -ENOSYS.
 * From ring 3 the instruction is an ordinary system call of the guest: there is no hypercall from an application.
 *
 * Two addresses are special, not calls (see PVHV_CB_RET, PVHV_CB_SYSRET).
 */
#ifndef PVHV_ABI_HYPERCALL_H
#define PVHV_ABI_HYPERCALL_H

#include <pvhv/vcpu.h>

/*
 * (which, rip) Registers an entry point of this vCPU.  -EINVAL: unknown
 * 'which', or rip not canonical, not in the upper half, or in slots 256-271.
 *
 * PVHV_CB_SYSCALL: SYSCALL in ring 3 lands here with RCX = application's
 *   RIP, R11 = its RFLAGS, RSP = &vcpu_page.user_rsp (so that one POP fetches
 *   the application's RSP), GS base = the kernel's, vIF = 0, all else as the application left it.
 * PVHV_CB_SYSCALL32: the same for SYSCALL in compatibility mode (AMD).
 * PVHV_CB_SYSENTER: SYSENTER in ring 3 is always refused (#GP): not registered.
 * PVHV_CB_UPCALL: events.  Native interrupt frame without error code on the
 *   current kernel stack (from ring 3: on sp0), vIF = 0.
 * PVHV_CB_RET: 'return'.  A SYSCALL instruction whose *following* RIP is this
 *   value is an IRETQ: RSP points at {rcx, r11, rip, cs, rflags, rsp, ss};
 *   all other registers are passed through.  To ring 3 (cs RPL 3): cs must be
 *   PVHV_USER_CS or PVHV_USER32_CS, ss PVHV_USER_DS; user_gs_base is loaded,
 *   vIF = 1.  Else to ring 1 (cs RPL 0 or 1): vIF = frame's IF.  RFLAGS are
 *   sanitised.  A bad frame is answered with #GP at that RIP.
 * PVHV_CB_SYSRET: 'return from a system call'.  The same with RSP pointing at
 *   {rip, cs, rflags, rsp, ss}; goes to 64-bit ring 3 with RCX = rip,
 *   R11 = rflags; cs and ss are ignored.
 */
#define PVHV_HC_SET_CALLBACK	1
#define PVHV_CB_SYSCALL		0
#define PVHV_CB_SYSCALL32	1
#define PVHV_CB_UPCALL		2
#define PVHV_CB_RET		3
#define PVHV_CB_SYSRET		4
#define PVHV_NR_CB		5

/*
 * (count) Sets the trap handlers of this vCPU from struct pvhv_trap_info
 * [count] in the argument page.  -EINVAL: count > 256, bad vector (2, 8, 18
 * are not the guest's to take, but 8 may be set), rip, or flags; checked
 * before anything is set.
 * Delivery: native exception frame {[error code], rip, cs, rflags, rsp, ss}
 * on the current kernel stack (from ring 3: on sp0), CS and SS with RPL 0, RFLAGS.IF = vIF,
 * GS base = the kernel's.  A stack that cannot be written: #DF (on a frame at the stack that vector 8's
 * entry was registered with, PVHV_HC_SET_DF_STACK), then the domain is killed.
 */
#define PVHV_HC_SET_TRAPS	2

/*
 * (count) Applies struct pvhv_mmu_update[count] of the argument page, in
 * order.  Returns count.  An entry that is refused stops the call: the entries before it are done,
 * the result is -errno, and the first word of the argument page holds its index.
 * The frame named by ptr may be a page table (the value is validated), or a
 * plain writable frame of this domain (the value is stored as it is).
 * TLB: after the call no vCPU of the domain uses what an entry took away
 * (the call flushes where an entry was present before).
 * -EINVAL: misaligned, bits not allowed (PSE, PAT, PCD, PWT, 62:59), hypervisor slots, bad command, count.
 * -ERANGE: no such frame.  -EPERM: another domain's frame.
 * -EBUSY: a type conflict (would make a page table writable; a writable or
 *   differently typed frame as page table; a frame that I/O writes to as page table).
 * -EOVERFLOW: more than 2^28 references to one frame.
 * A frame that becomes a page table by this (or by PIN) must have no writable mapping but the one in the
 * domain's direct map; that one is made read-only by the hypervisor, and
 * writable again when the frame stops being a page table.
 * Page tables below a root that is not pinned and not loaded are plain memory.
 * G is cleared in all entries, U in L4 entries 256-511.
 */
#define PVHV_HC_MMU_UPDATE	3

/* (va, pte value, flags = 0) One L1 entry of the loaded root, by address.  Errors as above; -EINVAL: va not canonical or hypervisor's, or no L1 there. */
#define PVHV_HC_UPDATE_VA	4

/*
 * (op, arg) -EINVAL for unknown ops.  arg is a machine frame number or an address.
 * PIN: validates the whole tree below L4 frame arg and keeps it typed until UNPIN.
 *   Errors as MMU_UPDATE, with everything as before the call, but that tables found
 *   read-only in the direct map may be writable there.  Pinned already: 0.
 * UNPIN: the reverse; frames that are page tables nowhere else become plain memory, writable in
 *   the direct map.  -EINVAL: not pinned; -EBUSY: a vCPU has it loaded (LOAD another one there first).
 * LOAD: makes L4 frame arg the root of this vCPU; drops the old root.  -EINVAL: not pinned.
 * FLUSH_ALL / FLUSH_ONE (arg = va): this vCPU's TLB.
 * FLUSH_MASK (arg = vCPU mask) / FLUSH_MASK_ONE (arg = mask, third argument = va): those vCPUs' TLBs, done on return.
 */
#define PVHV_HC_MMU_OP		5
#define PVHV_MMU_PIN		0
#define PVHV_MMU_UNPIN		1
#define PVHV_MMU_LOAD		2
#define PVHV_MMU_FLUSH_ALL	3
#define PVHV_MMU_FLUSH_ONE	4
#define PVHV_MMU_FLUSH_MASK	5
#define PVHV_MMU_FLUSH_MASK_ONE	6

/*
 * (op, arg) YIELD; BLOCK: sets vIF = 1 and sleeps until an unmasked port is
 * pending (returns at once if one is; the upcall is delivered before the
 * return); SHUTDOWN (arg = PVHV_SHUTDOWN_*): ends the domain, does not return.
 * POLL (arg = port): sleeps until that port is pending, masked or not, whatever vIF is; nothing is
 *   delivered.  For waiters with virtual interrupts off.  -EINVAL: no such port.
 */
#define PVHV_HC_SCHED		6
#define PVHV_SCHED_YIELD	0
#define PVHV_SCHED_BLOCK	1
#define PVHV_SCHED_SHUTDOWN	2
#define PVHV_SCHED_POLL		3
#define PVHV_SHUTDOWN_POWEROFF	0
#define PVHV_SHUTDOWN_REBOOT	1
#define PVHV_SHUTDOWN_PANIC	2
#define PVHV_SHUTDOWN_HALT	3

/* (deadline) One-shot timer in TSC ticks (absolute); PORT_TIMER then becomes pending.  Past: at once.  ~0: off. */
#define PVHV_HC_SET_TIMER	7
/* (port) Tells the host's side of a port.  -EINVAL: ports 0-7 or >= 256.  Ports without a listener: ignored. */
#define PVHV_HC_NOTIFY		8
/* (base) Kernel GS base, loaded at each entry from ring 3.  -EINVAL: not canonical.  (Ring 1 itself uses WRGSBASE.) */
#define PVHV_HC_SET_KERNEL_GS	9
/* (index 0-2, descriptor) TLS slot: 0, or a DPL-3 data or 32-bit code segment.  -EINVAL otherwise. */
#define PVHV_HC_SET_TLS		10
/* (n = 0-3, 6, 7; value) / (n).  Addresses must be in the lower half, or in the upper half outside slots 256-271 with no overlap; -EINVAL for reserved bits. */
#define PVHV_HC_SET_DEBUGREG	11
#define PVHV_HC_GET_DEBUGREG	12
/* (value) IA32_TSC_AUX of this vCPU, 32 bits. */
#define PVHV_HC_SET_TSC_AUX	13
/* () Delivers a pending upcall now if vIF is 1 and upcall_pending is set. */
#define PVHV_HC_FORCE_UPCALL	14
/* (port, vCPU) Binds a domain port (>= 8) to a vCPU. */
#define PVHV_HC_BIND_PORT	15
/* (vCPU mask, port 1-7) Sets that virtual interrupt on these vCPUs.  -EINVAL: a vCPU that does not exist. */
#define PVHV_HC_SEND_IPI	16
/*
 * (op, vCPU) INIT: from struct pvhv_vcpu_init in the argument page; UP; DOWN
 * (own vCPU: does not return until UP; others -EINVAL); IS_UP (0 or 1).
 */
#define PVHV_HC_VCPU_OP		17
#define PVHV_VCPU_OP_INIT	0
#define PVHV_VCPU_OP_UP		1
#define PVHV_VCPU_OP_DOWN	2
#define PVHV_VCPU_OP_IS_UP	3
/* (top) Stack on which vector 8 (double fault) is delivered; upper half, canonical. */
#define PVHV_HC_SET_DF_STACK	18
/*
 * (op, count) Balloon; gfns in the argument page as __u64[count], count <= 512.
 * DECREASE gives frames back: they must have no use but their entry in the direct map, which
 *   goes (-EBUSY otherwise; -ERANGE: no such gfn, or a hole).
 * INCREASE fills holes (gfn < start_info.max_pages) with zeroed frames, mapped nowhere.  -EBUSY: no hole;
 *   -ENOMEM: the host has put none there; PVHV_PORT_BALLOON tells of more.
 * Returns count.  At the first that is refused the call stops: -errno, and the first word of the argument page holds its index.
 */
#define PVHV_HC_MEMORY		19
#define PVHV_MEM_DECREASE	0
#define PVHV_MEM_INCREASE	1
/* (xcr0) Extended state enabled for this vCPU: a subset of start_info.xcr0, x87 and SSE always on.  -EINVAL otherwise. */
#define PVHV_HC_SET_XCR0	20
#define PVHV_NR_HC		21

#ifndef __ASSEMBLY__
/* Registers of a vCPU at PVHV_VCPU_OP_INIT and of vCPU 0 at the start. */
struct pvhv_vcpu_init {
	__u64	rip;		/* ring 1; upper half */
	__u64	rsp;
	__u64	rdi;
	__u64	rsi;
	__u64	root_mfn;	/* L4, pinned */
	__u64	kernel_gs;	/* GS base at the start, too */
	__u64	pad[2];
};
#endif

#endif /* PVHV_ABI_HYPERCALL_H */
