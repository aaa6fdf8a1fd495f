/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entry, exceptions, events, and the way to ring 3 and back.
 * Side: guest.
 *
 * Frame that all stubs build (struct trap_frame), from the top down:
 *	ss rsp rflags cs rip error vector | rax ... r15
 * The return puts rcx and r11 where vector and error were: what PVHV_CB_RET
 * pops is rcx r11 rip cs rflags rsp ss.
 */
#include <pvhv/hypercall.h>
#include <pvhv/start_info.h>

	.section .note.pvhv, "a", @note
	.balign 4
	.long	2f - 1f, 4f - 3f, PVHV_ELFNOTE_ENTRY
1:	.asciz	"PVHV"
2:	.balign 4
3:	.quad	guest_entry
	.quad	PVHV_KERNMAP_VA
4:	.balign 4

	.section .text.start, "ax"
	.globl guest_entry
guest_entry:
	leaq	boot_stack_top(%rip), %rsp
	xorl	%ebp, %ebp
	movq	%rsi, %rdi
	call	guest_start
	ud2

	.globl smp_entry
smp_entry:
	xorl	%ebp, %ebp
	call	smp_main
	ud2

	.text
/* trap_stubs: 32 stubs of 16 bytes for vectors 0-31, then one for 0x80. */
	.macro	STUB v
	.balign 16
	.if (\v == 8) || ((\v >= 10) && (\v <= 14)) || (\v == 17) || (\v == 21) || (\v == 29) || (\v == 30)
	.else
	pushq	$-1
	.endif
	.byte	0x68
	.long	\v
	jmp	trap_common
	.endm

	.balign 16
	.globl trap_stubs
trap_stubs:
	.set v, 0
	.rept 32
	STUB v
	.set v, v + 1
	.endr
	.globl trap_stub_80
	.balign 16
trap_stub_80:
	STUB 0x80

	.globl upcall_entry
	.balign 16
upcall_entry:
	STUB 0x100

	.macro	SAVE_REGS
	pushq	%rax
	pushq	%rbx
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%rbp
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	.endm

	.macro	RESTORE_REGS
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rbp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rbx
	popq	%rax
	.endm

trap_common:
	SAVE_REGS
	cld
	movq	%rsp, %rdi
	movq	%rsp, %rbx
	andq	$-16, %rsp
	call	trap_entry_c
	movq	%rbx, %rsp
	testl	%eax, %eax
	jnz	user_leave
	/* rcx and r11 to where PVHV_CB_RET looks for them */
	movq	12*8(%rsp), %rax
	movq	%rax, 15*8(%rsp)
	movq	4*8(%rsp), %rax
	movq	%rax, 16*8(%rsp)
	RESTORE_REGS
	.globl ret_insn
ret_insn:
	syscall
	.globl ret_rip
ret_rip:
	ud2

/*
 * int user_enter(int how): to ring 3 with the registers of user_regs (struct
 * trap_frame); how = 0 by PVHV_CB_RET, 1 by PVHV_CB_SYSRET.  Comes back when
 * ring 3 enters the kernel for anything but an event; user_regs then holds what it
 * had, the result is USER_TRAP(vector), USER_SYSCALL, or USER_SYSCALL32.
 */
	.globl user_enter
user_enter:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, user_kernel_rsp(%rip)
	leaq	user_frame_top(%rip), %rsp
	leaq	user_regs(%rip), %rsi
	testl	%edi, %edi
	jnz	1f
	pushq	21*8(%rsi)		/* ss */
	pushq	20*8(%rsi)		/* rsp */
	pushq	19*8(%rsi)		/* rflags */
	pushq	18*8(%rsi)		/* cs */
	pushq	17*8(%rsi)		/* rip */
	pushq	4*8(%rsi)		/* r11 */
	pushq	12*8(%rsi)		/* rcx */
	call	user_load
	jmp	ret_insn
1:	pushq	21*8(%rsi)
	pushq	20*8(%rsi)
	pushq	19*8(%rsi)
	pushq	18*8(%rsi)
	pushq	17*8(%rsi)
	call	user_load
	jmp	sysret_insn

	.globl sysret_insn
sysret_insn:
	syscall
	.globl sysret_rip
sysret_rip:
	ud2

	.globl user_enter_frame
user_enter_frame:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, user_kernel_rsp(%rip)
	movq	%rsi, %rsp
	jmp	*%rdi

/* All registers but rsp from RSI. */
user_load:
	movq	0*8(%rsi), %r15
	movq	1*8(%rsi), %r14
	movq	2*8(%rsi), %r13
	movq	3*8(%rsi), %r12
	movq	5*8(%rsi), %r10
	movq	6*8(%rsi), %r9
	movq	7*8(%rsi), %r8
	movq	8*8(%rsi), %rbp
	movq	9*8(%rsi), %rdi
	movq	11*8(%rsi), %rdx
	movq	13*8(%rsi), %rbx
	movq	14*8(%rsi), %rax
	movq	10*8(%rsi), %rsi
	ret

/* RSP = &vcpu_page.user_rsp, RCX = user RIP, R11 = its RFLAGS. */
	.macro	SYSCALL_ENTRY kind
	movq	%rax, user_regs+14*8(%rip)
	movl	$\kind, %eax
	jmp	syscall_common
	.endm

	.globl syscall_entry, syscall32_entry
	.balign 16
syscall_entry:
	SYSCALL_ENTRY 0x101
	.balign 16
syscall32_entry:
	SYSCALL_ENTRY 0x102

syscall_common:
	movq	%r15, user_regs+0*8(%rip)
	movq	%r14, user_regs+1*8(%rip)
	movq	%r13, user_regs+2*8(%rip)
	movq	%r12, user_regs+3*8(%rip)
	movq	%r11, user_regs+4*8(%rip)
	movq	%r10, user_regs+5*8(%rip)
	movq	%r9, user_regs+6*8(%rip)
	movq	%r8, user_regs+7*8(%rip)
	movq	%rbp, user_regs+8*8(%rip)
	movq	%rdi, user_regs+9*8(%rip)
	movq	%rsi, user_regs+10*8(%rip)
	movq	%rdx, user_regs+11*8(%rip)
	movq	%rcx, user_regs+12*8(%rip)
	movq	%rbx, user_regs+13*8(%rip)
	movq	%rcx, user_regs+17*8(%rip)
	movq	%r11, user_regs+19*8(%rip)
	movq	%rsp, user_entry_rsp(%rip)
	popq	%rcx
	movq	%rcx, user_regs+20*8(%rip)
	cld
	/* EAX = what user_enter() returns */
user_leave:
	movq	user_kernel_rsp(%rip), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

/* u64 try_call(fn, a, b, c): 0, or 1 when fn was left by a fault (see trap.h). */
	.globl try_call
try_call:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	try_rsp(%rip)
	movq	%rsp, try_rsp(%rip)
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	call	*%rax
	xorl	%eax, %eax
1:	popq	try_rsp(%rip)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
	.globl try_fault
try_fault:
	movl	$1, %eax
	jmp	1b

	.bss
	.balign 4096
boot_stack:
	.skip	65536
	.globl boot_stack_top
boot_stack_top:
trap_stack:
	.skip	16384
	.globl trap_stack_top
trap_stack_top:
df_stack:
	.skip	8192
	.globl df_stack_top
df_stack_top:
	.skip	8192
user_frame_top:
	.skip	64
	.balign 8
	.globl try_rsp, user_kernel_rsp, user_entry_rsp
try_rsp:	.skip 8
user_kernel_rsp: .skip 8
user_entry_rsp:	.skip 8

	.section .note.GNU-stack, "", @progbits
