/* SPDX-License-Identifier: GPL-2.0 */
/*
 * First instructions on a taken core, and the two ends of the gate in the
 * hypervisor proper.
 * Side: core.  On the hypervisor's page tables, interrupts off.
 */
#include "gate.h"
#include "entry.h"

	.section .text, "ax"
	.code64

/*
 * 32 return addresses that lead nowhere, in place of those that the guest left in the return stack
 * buffer: it is supervisor code like ours, and calls of its own may lie at addresses of ours.
 */
	.macro	FILL_RSB
	movl	$16, %eax
771:	call	772f
	int3
772:	call	773f
	int3
773:	decl	%eax
	jnz	771b
	lfence
	addq	$(32 * 8), %rsp
	.endm

/* From the trampoline: RDI = struct pcore, RSP = its stack, CR3 = its root. */
	.balign 16
	.globl core_entry64
core_entry64:
	xorl	%ebp, %ebp
	call	core_main
1:	cli
	hlt
	jmp	1b

/*
 * void vcpu_enter(struct pcore *core, u64 guest_cr3, u64 gate_enter)
 *
 * Runs the guest whose registers lie on top of the entry stack; returns at
 * its exit, with core->frame, exit_cr3 and exit_cr2 set.
 * Stack kept in core->saved_rsp:  r15 r14 r13 r12 rbp rbx return-address
 */
	.balign 16
	.globl vcpu_enter
vcpu_enter:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, PCORE_SAVED_RSP(%rdi)
	movabsq	$(PVHV_GATE_BASE + GATE_STACK_TOP - REGS_SIZE), %rsp
	lfence
	jmp	*%rdx

/* gate_exit comes here: RSP = struct regs, RBX = the guest's CR3. */
	.balign 16
	.globl hv_exit
hv_exit:
	movabsq	$(PVHV_GATE_BASE + GATE_HV + HVP_CORE), %rdi
	movq	(%rdi), %rdi
	movq	%rsp, PCORE_FRAME(%rdi)
	movq	%rbx, PCORE_EXIT_CR3(%rdi)
	movq	%cr2, %rax
	movq	%rax, PCORE_EXIT_CR2(%rdi)
	movq	PCORE_SAVED_RSP(%rdi), %rsp
	FILL_RSB
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

/* gate_ring0 calls this: RDI = struct regs. */
	.balign 16
	.globl hv_trap_entry
hv_trap_entry:
	jmp	hv_trap

	.section .note.GNU-stack, "", @progbits
