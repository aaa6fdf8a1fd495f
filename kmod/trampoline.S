/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the start-up signal to 64-bit code of the module.
 * Side: host (data; copied to a page below 1 MiB, see lowpage.c).
 *
 * Starts in real mode at offset 0 of its page and relocates itself.  There is
 * no IDT until the module's code loads one: a fault in here resets the machine.
 */
#include "trampoline.h"

#define OFF(x)		((x) - trampoline_start)
#define ARG(x)		(trampoline_args - trampoline_start + (x))

#define MSR_EFER_NR	0xc0000080
#define EFER_LMA_BIT	0x400
#define CR0_PROTECTED	0x11		/* ET, PE; caches on */
#define CR0_PAGED	0x80050033	/* PG, AM, WP, NE, ET, MP, PE */
#define SEL_CODE32	0x08
#define SEL_CODE64	0x10
#define SEL_DATA	0x18

	.section .rodata, "a"
	.balign 16
	.globl trampoline_start, trampoline_args, trampoline_end
	.code16
trampoline_start:
	cli
	cld
	xorl	%ebx, %ebx
	movw	%cs, %bx
	movw	%bx, %ds
	shll	$4, %ebx			/* EBX = physical address of this page */
	addl	%ebx, OFF(gdt_pointer) + 2
	addl	%ebx, OFF(far32)
	addl	%ebx, OFF(far64)
	lidtl	OFF(idt_pointer)
	lgdtl	OFF(gdt_pointer)
	movl	$CR0_PROTECTED, %eax
	movl	%eax, %cr0
	ljmpl	*OFF(far32)

	.code32
start32:
	movw	$SEL_DATA, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	xorl	%eax, %eax
	movw	%ax, %fs
	movw	%ax, %gs
	movl	ARG(TRAMP_CR4)(%ebx), %eax
	movl	%eax, %cr4
	movl	ARG(TRAMP_CR3)(%ebx), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER_NR, %ecx
	rdmsr
	andl	$~EFER_LMA_BIT, %eax
	orl	ARG(TRAMP_EFER)(%ebx), %eax
	wrmsr
	movl	$CR0_PAGED, %eax
	movl	%eax, %cr0
	ljmpl	*OFF(far64)(%ebx)

	.code64
start64:
	movl	%ebx, %ebx			/* the upper half is undefined after the mode switch */
	movq	ARG(TRAMP_STACK)(%rbx), %rsp
	movq	ARG(TRAMP_CORE)(%rbx), %rdi
	movq	ARG(TRAMP_ENTRY)(%rbx), %rax
	jmp	*%rax
	int3

	.balign 8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff		/* SEL_CODE32 */
	.quad	0x00af9b000000ffff		/* SEL_CODE64 */
	.quad	0x00cf93000000ffff		/* SEL_DATA */
gdt_pointer:
	.word	gdt_pointer - gdt - 1
	.long	OFF(gdt)
idt_pointer:
	.word	0
	.long	0
far32:
	.long	OFF(start32)
	.word	SEL_CODE32
far64:
	.long	OFF(start64)
	.word	SEL_CODE64
	.balign 8
trampoline_args:
	.skip	40
trampoline_end:

	.section .note.GNU-stack, "", @progbits
