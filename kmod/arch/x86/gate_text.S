/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The gate's code: every way into ring 0 and out of it.
 * Side: core.  Runs at PVHV_GATE_BASE in the guest's page tables (its own CR3
 * is the guest's until gate_exit) with interrupts off.
 *
 * It is position independent data for the module: per-core data is found
 * relative to RIP, so ring 0 needs no GS.  Registers are scarce: where RSP is
 * used as scratch, only NMI, #MC and #DB can arrive, and they have IST stacks.
 *
 * Reading order: system call and back, hypercall, page fault, leaving for the
 * hypervisor, faults of the gate itself.
 */
#include "gate.h"
#include <pvhv/hypercall.h>

/* A local base: the distance is fixed when this is assembled. */
#define AT(off)		.Lgate + (off)(%rip)
#define RO(f)		AT(GATE_RO + (f))
#define HVP(f)		AT(GATE_HV + (f))
#define RW(f)		AT(GATE_RW + (f))
#define VCPU(f)		AT(GATE_VCPU + (f))
#define VRO(f)		AT(GATE_VCPU_RO + (f))

/* struct regs, as far as software saves it; DF is the guest's. */
	.macro	PUSH_REGS
	.irp	r, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	pushq	%\r
	.endr
	.endm

	.macro	POP_REGS
	.irp	r, r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax
	popq	%\r
	.endr
	.endm

/*
 * A return in ring 1 that C takes over: RCX = the guest's RSP at its SYSCALL,
 * which is shown as not executed beyond RIP = \rip.
 */
	.macro	LEAVE_RETURN rip, vector
	movq	AT(GATE_STACK_TOP - 8), %rax
	leaq	AT(GATE_STACK_TOP), %rsp
	pushq	$PVHV_KERNEL_DS
	pushq	%rcx
	pushq	$0x202
	pushq	$PVHV_KERNEL_CS
	pushq	VRO(\rip)
	pushq	$0
	pushq	$\vector
	jmp	gate_exit
	.endm

/* From an application to the guest's system call entry; RSP is the scratch register. */
	.macro	ENTER_GUEST_KERNEL frame
	movq	%rsp, VCPU(PVHV_VCPU_USER_RSP)
	rdgsbase %rsp
	movq	%rsp, VCPU(PVHV_VCPU_USER_GS)
	movq	VRO(VRO_KERNEL_GS), %rsp
	wrgsbase %rsp
	movb	$0, VCPU(PVHV_VCPU_VIF)
	leaq	VRO(\frame), %rsp
	iretq
	.endm

	.section .rodata, "a"
	.code64
	.balign 4096
	.globl gate_text_start
gate_text_start:
.Lgate:

/*
 * 256 stubs of 16 bytes.  They leave on the stack:
 *	ss rsp rflags cs rip error vector
 */
	.globl gate_stubs
gate_stubs:
	.set v, 0
	.rept 256
	.balign 16
	.if (v == 8) || ((v >= 10) && (v <= 14)) || (v == 17) || (v == 21) || (v == 29) || (v == 30)
	.else
	pushq	$0
	.endif
	.byte	0x68			/* pushq $imm32 */
	.long	v
	jmp	gate_vector
	.set v, v + 1
	.endr

	.balign 16
gate_vector:
	testb	$3, 24(%rsp)
	jz	gate_ring0
	jmp	gate_exit

/*
 * SYSCALL.  RCX = next RIP, R11 = RFLAGS, RSP = the caller's.  Guest kernels
 * live in the upper half and nothing of ring 3 is executable there (U is
 * stripped from the L4), so the sign of RCX tells them apart.
 *
 * From an application: 10 instructions to the guest's entry.  The prebuilt
 * frame enters it with RSP = &vcpu_page.user_rsp.
 */
	.balign 16
	.globl gate_syscall
gate_syscall:
	testq	%rcx, %rcx
	js	gate_from_kernel
	ENTER_GUEST_KERNEL VRO_SYSFRAME

/* SYSCALL from compatibility mode (AMD); ring 1 has no 32-bit code segment. */
	.balign 16
	.globl gate_syscall32
gate_syscall32:
	ENTER_GUEST_KERNEL VRO_SYS32FRAME

gate_from_kernel:
	cmpq	VRO(VRO_SYSRET_RIP), %rcx
	je	gate_sysret
	cmpq	VRO(VRO_RET_RIP), %rcx
	je	gate_ret
	cmpl	$PVHV_HC_MMU_OP, %eax
	jne	gate_hypercall
	cmpl	$PVHV_MMU_LOAD, %edi
	je	gate_load_root

/*
 * Any other hypercall is left to C.  Builds the frame that the stubs build:
 *	ss rsp rflags cs rip 0 EXIT_HYPERCALL
 */
gate_hypercall:
	movq	%rsp, RW(RW_TMP)
	leaq	AT(GATE_STACK_TOP), %rsp
	pushq	$PVHV_KERNEL_DS
	pushq	RW(RW_TMP)
	pushq	%r11
	pushq	$PVHV_KERNEL_CS
	pushq	%rcx
	pushq	$0
	pushq	$EXIT_HYPERCALL
	jmp	gate_exit

/*
 * Process switch to a root that this core has a copy of (RSI = its mfn): one
 * CR3 write.  The hypervisor learns of it from CR3 at the next exit.
 */
gate_load_root:
	.set	i, 0
	.rept	8
	cmpq	RO(RO_ROOTS + 16 * i), %rsi
	je	10f + 16 * i
	.set	i, i + 1
	.endr
	jmp	gate_hypercall
	.balign	16
10:
	.set	i, 0
	.rept	8
	.balign	16
	movq	RO(RO_ROOTS + 16 * i + 8), %rax
	jmp	20f
	.set	i, i + 1
	.endr
20:	movq	%rax, %cr3
	movq	%rsp, RW(RW_TMP)
	leaq	AT(GATE_STACK_TOP), %rsp
	pushq	$PVHV_KERNEL_DS
	pushq	RW(RW_TMP)
	pushq	%r11
	orq	$0x200, (%rsp)
	pushq	$PVHV_KERNEL_CS
	pushq	%rcx
	xorl	%eax, %eax
	iretq

/*
 * Return from a system call.  The guest's RSP points at
 *	rip cs rflags rsp ss
 * Each word is read once.  What needs thought (an event is pending, RIP is
 * not a user address) is left to C, which starts over from the guest's frame.
 * Private stack: rax | user rsp | rip
 */
	.balign 16
gate_sysret:
	movq	%rsp, %rcx
	leaq	AT(GATE_STACK_TOP), %rsp
	pushq	%rax
gate_sysret_copy:
	pushq	24(%rcx)
	movq	16(%rcx), %r11
	movq	(%rcx), %rax
gate_sysret_copy_end:
	cmpb	$0, VCPU(PVHV_VCPU_UPCALL_PENDING)
	jne	gate_sysret_slow
	pushq	%rax
	shrq	$47, %rax
	jnz	gate_sysret_slow
	movb	$1, VCPU(PVHV_VCPU_VIF)
	movq	VCPU(PVHV_VCPU_USER_GS), %rax
gate_sysret_gs:
	wrgsbase %rax
	andl	$PVHV_UFLAGS_KEEP, %r11d
	orl	$0x202, %r11d
	popq	%rcx
	movq	8(%rsp), %rax
	movq	(%rsp), %rsp
	sysretq

gate_sysret_slow:
	LEAVE_RETURN VRO_SYSRET_RIP, EXIT_SYSRET

/*
 * IRETQ on behalf of the guest.  Its RSP points at
 *	rcx r11 rip cs rflags rsp ss
 * Private stack after the copy:
 *	0 rcx  8 rip  16 cs  24 rflags  32 rsp  40 ss  48 rax
 * RCX keeps the address of the guest's frame until the end.
 */
	.balign 16
gate_ret:
	movq	%rsp, %rcx
	leaq	AT(GATE_STACK_TOP), %rsp
	pushq	%rax
gate_ret_copy:
	pushq	48(%rcx)
	pushq	40(%rcx)
	pushq	32(%rcx)
	pushq	24(%rcx)
	pushq	16(%rcx)
	movq	8(%rcx), %r11
	pushq	(%rcx)
gate_ret_copy_end:
	movl	24(%rsp), %eax
	testb	$2, 16(%rsp)
	jz	gate_ret_kernel

	cmpb	$0, VCPU(PVHV_VCPU_UPCALL_PENDING)
	jne	gate_ret_slow
	cmpq	$PVHV_USER_CS, 16(%rsp)
	je	1f
	cmpq	$PVHV_USER32_CS, 16(%rsp)
	jne	gate_ret_slow
	cmpl	$0, 12(%rsp)		/* beyond the segment's limit IRETQ would fault */
	jne	gate_ret_slow
1:	cmpq	$PVHV_USER_DS, 40(%rsp)
	jne	gate_ret_slow
	andl	$PVHV_UFLAGS_KEEP, %eax
	orl	$0x202, %eax
	movq	%rax, 24(%rsp)
	movq	8(%rsp), %rax
	shrq	$47, %rax
	jnz	gate_ret_slow
	movb	$1, VCPU(PVHV_VCPU_VIF)
	movq	VCPU(PVHV_VCPU_USER_GS), %rax
gate_ret_gs:
	wrgsbase %rax
	movq	48(%rsp), %rax
	popq	%rcx
	iretq

/* To ring 1: the frame's IF becomes the virtual IF; the real one stays 1. */
gate_ret_kernel:
	btl	$9, %eax
	jnc	1f
	cmpb	$0, VCPU(PVHV_VCPU_UPCALL_PENDING)
	jne	gate_ret_slow
1:	movq	8(%rsp), %rax
	sarq	$47, %rax
	incq	%rax			/* upper half, canonical: all ones */
	jnz	gate_ret_slow
	movl	24(%rsp), %eax
	shrl	$9, %eax
	andb	$1, %al
	movb	%al, VCPU(PVHV_VCPU_VIF)
	movl	24(%rsp), %eax
	andl	$PVHV_UFLAGS_KEEP, %eax
	orl	$0x202, %eax
	movq	%rax, 24(%rsp)
	movq	$PVHV_KERNEL_CS, 16(%rsp)
	movq	$PVHV_KERNEL_DS, 40(%rsp)
	movq	48(%rsp), %rax
	popq	%rcx
	iretq

gate_ret_slow:
	LEAVE_RETURN VRO_RET_RIP, EXIT_RET

/* user_gs_base was not canonical; the domain ends. */
gate_bad_gs:
	LEAVE_RETURN VRO_RET_RIP, EXIT_BAD_GS

/*
 * Page fault: handed to the guest's handler without leaving its page tables.
 * Frame, after two pushes:
 *	0 rcx  8 rax  16 error  24 rip  32 cs  40 rflags  48 rsp  56 ss
 * RCX = where the guest's frame goes: sp0, or below the interrupted stack.
 * Its top 21 bits must be above those of the hypervisor's slots.
 */
	.balign 16
	.globl gate_pf
gate_pf:
	testb	$3, 16(%rsp)
	jz	gate_pf_ring0
	pushq	%rax
	pushq	%rcx
	movq	%cr2, %rax
	movq	%rax, VCPU(PVHV_VCPU_CR2)
	testb	$2, 32(%rsp)
	jz	gate_pf_kernel

	movq	VCPU(PVHV_VCPU_SP0), %rcx
	movq	%rcx, %rax
	shrq	$43, %rax
	cmpl	$0x1ffff0, %eax
	jbe	gate_pf_slow
	cmpq	$0, VRO(VRO_PF_RIP)
	je	gate_pf_slow
gate_pf_copy:
	movq	56(%rsp), %rax
	movq	%rax, -8(%rcx)
	movq	48(%rsp), %rax
	movq	%rax, -16(%rcx)
	movq	40(%rsp), %rax
	movq	%rax, -24(%rcx)
	movq	32(%rsp), %rax
	movq	%rax, -32(%rcx)
	movq	24(%rsp), %rax
	movq	%rax, -40(%rcx)
	movq	16(%rsp), %rax
	movq	%rax, -48(%rcx)
gate_pf_copy_end:
	rdgsbase %rax
	movq	%rax, VCPU(PVHV_VCPU_USER_GS)
	movq	VRO(VRO_KERNEL_GS), %rax
	wrgsbase %rax
gate_pf_go:
	subq	$48, %rcx
	movq	%rcx, 48(%rsp)
	movq	VRO(VRO_PF_RIP), %rax
	movq	%rax, 24(%rsp)
	movq	$PVHV_KERNEL_CS, 32(%rsp)
	movq	$PVHV_KERNEL_DS, 56(%rsp)
	andl	$~0x34100, 40(%rsp)	/* TF, NT, RF, VM as an interrupt gate does */
	movb	VRO(VRO_PF_KEEP_VIF), %al
	andb	%al, VCPU(PVHV_VCPU_VIF)
	popq	%rcx
	popq	%rax
	addq	$8, %rsp
	iretq

/* From ring 1: CS and SS are shown with RPL 0, IF is the virtual one. */
gate_pf_kernel:
	movq	48(%rsp), %rcx
	andq	$-16, %rcx
	movq	%rcx, %rax
	shrq	$43, %rax
	cmpl	$0x1ffff0, %eax
	jbe	gate_pf_slow
	cmpq	$0, VRO(VRO_PF_RIP)
	je	gate_pf_slow
gate_pf_kcopy:
	movq	$(PVHV_KERNEL_DS & ~3), -8(%rcx)
	movq	48(%rsp), %rax
	movq	%rax, -16(%rcx)
	movzbl	VCPU(PVHV_VCPU_VIF), %eax
	andl	$1, %eax
	shll	$9, %eax
	andl	$~0x200, 40(%rsp)
	orl	40(%rsp), %eax
	movq	%rax, -24(%rcx)
	orl	$0x200, 40(%rsp)
	movq	$(PVHV_KERNEL_CS & ~3), -32(%rcx)
	movq	24(%rsp), %rax
	movq	%rax, -40(%rcx)
	movq	16(%rsp), %rax
	movq	%rax, -48(%rcx)
gate_pf_kcopy_end:
	jmp	gate_pf_go

gate_pf_slow:
	popq	%rcx
	popq	%rax
	pushq	$14
	jmp	gate_exit

/* The guest's stack could not be written. */
gate_pf_bad_stack:
	orl	$0x200, 40(%rsp)
	popq	%rcx
	popq	%rax
	pushq	$EXIT_BAD_STACK
	jmp	gate_exit

gate_pf_ring0:
	pushq	$14
	jmp	gate_ring0

/*
 * Leave the guest: save the registers as struct regs, load the hypervisor's
 * page tables, go to hv_exit with RSP = the registers, RBX = the guest's CR3.
 * No indirect branch and no RET before the switch.
 */
	.balign 16
gate_exit:
	PUSH_REGS
	cld
	cmpq	$0, VRO(VRO_DR7)
	jne	gate_disarm
gate_exit_cr3:
	movq	%cr3, %rbx
	movq	RO(RO_HV_CR3), %rax
	movq	%rax, %cr3
	movq	HVP(HVP_EXIT), %rax
	lfence				/* no speculation into a target trained by ring 1 */
	jmp	*%rax

/*
 * Breakpoints are armed only while the guest's page tables are loaded: its
 * addresses mean our own text and data in ours.  It would learn what is there, and a #DB
 * there would run over the registers of a guest's own one, which are on the same stack.
 */
gate_disarm:
	movl	$DR7_INIT, %eax
	movq	%rax, %dr7
	jmp	gate_exit_cr3

gate_arm:
	movq	VRO(VRO_DR7), %rax
	movq	%rax, %dr7
	jmp	gate_enter_regs

/*
 * Enter the guest: RSI = its CR3, struct regs on top of the entry stack.
 * An IRETQ that faults here would be our bug: C checked the frame.
 *
 * NMI, and #DB in ring 0, leave RIP, RSP and RAX of what they interrupted on
 * their IST pages, where ring 1 reads: addresses of the hypervisor, or the
 * guest that ran before.  They set RW_IST_USED.  Every way from the hypervisor
 * to a guest leads through here, so this is where the frames are wiped.
 *
 * CR3 comes first: what a trap interrupts from then on is the gate, with the
 * entry stack, which is no secret; the guest may find it there, and the mark
 * with it, which costs the next entry a wipe.  So it does not matter what comes
 * between the look, the wipe and IRETQ.  Before, up to the load of CR3 here and
 * from that in gate_exit on (RAX = HVP_EXIT), each trap has set the mark by the
 * time of the look: it is this core's own store.  The mark goes before the frames do.
 *
 * Ring 1 can write the mark.  A trap stores 1 whatever was there (a count could be
 * made to come out even), and no guest runs on this core between that and the look.
 */
	.globl gate_enter
gate_enter:
	movq	%rsi, %cr3
	cmpb	$0, RW(RW_IST_USED)
	jne	gate_wipe
gate_enter_armed:
	cmpq	$0, VRO(VRO_DR7)
	jne	gate_arm
gate_enter_regs:
	cmpl	$0, RO(RO_VERW)
	jne	gate_clear
gate_enter_cleared:
	POP_REGS
	addq	$16, %rsp
	iretq

/* What ring 0 loaded and stored is in the CPU's buffers (MDS); from here on it touches only what the guest may see. */
gate_clear:
	verw	RO(RO_VERW)
	jmp	gate_enter_cleared

gate_wipe:
	xorl	%eax, %eax
	movb	%al, RW(RW_IST_USED)
	.irp	i, 1, 2, 3, 4, 5	/* ss rsp rflags cs rip */
	movq	%rax, AT(GATE_IST_NMI_TOP - 8 * \i)
	.endr
	.irp	i, 1, 2, 3, 4, 5, 6	/* gate_db's RAX, too */
	movq	%rax, AT(GATE_IST_DB_TOP - 8 * \i)
	.endr
	jmp	gate_enter_armed

/*
 * #DB, on its own stack.  In ring 0 (a watched operand or TF just before the
 * entry) it is none of the guest's business that can be told: ignored.  RF,
 * or a breakpoint on an instruction of ours would be hit again for ever.
 */
	.globl gate_db
gate_db:
	pushq	$0
	pushq	$1
	testb	$3, 24(%rsp)
	jnz	gate_exit
	addq	$16, %rsp
	pushq	%rax
	movb	$1, RW(RW_IST_USED)
	xorl	%eax, %eax
	movq	%rax, %dr6
	orl	$0x10000, 24(%rsp)
	popq	%rax
	iretq

/* NMI: nobody sends one to us on purpose (the host's broadcasts arrive). */
	.globl gate_nmi
gate_nmi:
	incq	RW(RW_NMI)
	movb	$1, RW(RW_IST_USED)
	iretq

/* #DF and #MC on their own stacks: this core ends. */
	.globl gate_df, gate_mc
gate_mc:
	pushq	$0
	pushq	$18
	jmp	gate_fatal
gate_df:
	pushq	$8
gate_fatal:
	movq	%rax, RW(RW_TMP)
	movq	RO(RO_HV_CR3), %rax
	movq	%rax, %cr3
	movq	RW(RW_TMP), %rax
	jmp	gate_ring0_hv

/*
 * A trap in ring 0: ss rsp rflags cs rip error vector on the stack.  In the
 * gate it can only be a fault on guest memory or a guest's value, listed
 * below; in the hypervisor proper it is an interrupt while idle, or our bug.
 */
	.macro	FIXUP from, to, target
	cmpl	$(\from - .Lgate), %eax
	jb	1f
	cmpl	$(\to - .Lgate), %eax
	jae	1f
	popq	%rcx
	popq	%rax
	movq	40(%rsp), %rsp		/* as it was at the fault */
	jmp	\target
1:
	.endm

	.balign 16
gate_ring0:
	pushq	%rax
	pushq	%rcx
	movq	32(%rsp), %rax
	leaq	.Lgate(%rip), %rcx
	subq	%rcx, %rax
	cmpq	$(gate_text_end - .Lgate), %rax
	jae	2f
	FIXUP	gate_pf_copy, gate_pf_copy_end, gate_pf_bad_stack
	FIXUP	gate_pf_kcopy, gate_pf_kcopy_end, gate_pf_bad_stack
	FIXUP	gate_sysret_copy, gate_sysret_copy_end, gate_sysret_slow
	FIXUP	gate_ret_copy, gate_ret_copy_end, gate_ret_slow
	FIXUP	gate_sysret_gs, gate_sysret_gs + 1, gate_bad_gs
	FIXUP	gate_ret_gs, gate_ret_gs + 1, gate_bad_gs
	/* not in the list: our bug.  C needs its own page tables */
	movq	RO(RO_HV_CR3), %rax
	movq	%rax, %cr3
2:	popq	%rcx
	popq	%rax

gate_ring0_hv:
	PUSH_REGS
	cld
	movq	%rsp, %rdi
	movq	%rsp, %rbx
	andq	$-16, %rsp
	movq	HVP(HVP_TRAP), %rax
	lfence
	call	*%rax
	movq	%rbx, %rsp
	POP_REGS
	addq	$16, %rsp
	iretq

	.globl gate_text_end
gate_text_end:

	.section .note.GNU-stack, "", @progbits
