// SPDX-License-Identifier: GPL-2.0
/*
 * E5 (XSA-122): stack bytes of the hypervisor in what it gives back; E6: alignment.
 * Attack: the argument page full of 0xaa, all registers of a known value, then every
 * call, good and bad; stacks for #DF and frames at all 4,096 offsets of a page.
 * Must happen: no byte of the page and no register changes but those documented.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"

#define MARK	0xaaaaaaaaaaaaaaaaUL

/* Ors the differences of the registers that a call must keep (rbx, rdx, rsi, rdi, r8-r10, r12-r15). */
static u64 registers_changed(u64 nr, u64 a, u64 b, long *result)
{
	u64 diff, ret = nr;

	asm volatile("pushq %%rbp\n\tpushq %%rbx\n\t"
		     "movq $0x1111, %%rbx\n\tmovq $0x2222, %%rdx\n\tmovq $0x3333, %%rbp\n\t"
		     "movq $0x8888, %%r8\n\tmovq $0x9999, %%r9\n\tmovq $0xaaaa, %%r10\n\t"
		     "movq $0xcccc, %%r12\n\tmovq $0xdddd, %%r13\n\tmovq %%rdi, %%r14\n\t"
		     "movq %%rsi, %%r15\n\t"
		     "syscall\n\t"
		     "xorq $0x1111, %%rbx\n\txorq $0x2222, %%rdx\n\txorq $0x3333, %%rbp\n\t"
		     "xorq $0x8888, %%r8\n\txorq $0x9999, %%r9\n\txorq $0xaaaa, %%r10\n\t"
		     "xorq $0xcccc, %%r12\n\txorq $0xdddd, %%r13\n\txorq %%rdi, %%r14\n\t"
		     "xorq %%rsi, %%r15\n\t"
		     "movq %%rbx, %%rcx\n\torq %%rdx, %%rcx\n\torq %%rbp, %%rcx\n\torq %%r8, %%rcx\n\t"
		     "orq %%r9, %%rcx\n\torq %%r10, %%rcx\n\torq %%r12, %%rcx\n\torq %%r13, %%rcx\n\t"
		     "orq %%r14, %%rcx\n\torq %%r15, %%rcx\n\t"
		     "popq %%rbx\n\tpopq %%rbp"
		     : "=&c"(diff), "+a"(ret), "+D"(a), "+S"(b) : : "rdx", "r8", "r9", "r10", "r11",
		       "r12", "r13", "r14", "r15", "memory", "cc");
	*result = ret;
	return diff;
}

static u64 page_changed(u64 from)
{
	u64 i, n = 0;

	for (i = from; i < 512; i++)
		n += arg_page[i] != MARK;
	return n;
}

static void outputs(void)
{
	u64 nr, a, b, bad_regs = 0, bad_page = 0, n = 0;

	for (nr = 0; nr < PVHV_NR_HC + 4; nr++) {
		for (a = 0; a < 24; a++) {
			for (b = 0; b < 12; b++) {
				long ret;

				if (nr == PVHV_HC_SCHED || nr == PVHV_HC_SET_CALLBACK ||
				    (nr == PVHV_HC_VCPU_OP && a == PVHV_VCPU_OP_DOWN))
					continue;
				memset((void *)PVHV_ARG_VA, 0xaa, PAGE);
				bad_regs += registers_changed(nr, a, b, &ret) != 0;
				/* the first word is the index of a refused entry of these two */
				bad_page += page_changed(nr == PVHV_HC_MMU_UPDATE ||
							 nr == PVHV_HC_MEMORY) != 0;
				n++;
			}
		}
		hc_set_debugreg(7, 0x400);
	}
	timer_set(~0UL);
	hypercall(PVHV_HC_SET_XCR0, start_info->xcr0, 0, 0);
	same(0, bad_regs, "%lu calls: all registers but RAX, RCX, R11 are kept", n);
	same(0, bad_page, "no byte of the argument page changes but the documented word");
}

/* What a frame leaves around itself, and at every alignment of the stack. */
static void fault_at(u64 rsp, u64 b, u64 c)
{
	asm volatile("movq %0, %%rsp\n\tud2" : : "r"(rsp));
}

static void frames(void)
{
	u64 *page = page_alloc(), *next = page_alloc();
	u64 va = 0xffffc90000000000UL, o, i, bad = 0, outside = 0;

	map_page(va, page, PTE_KERN);
	map_page(va + PAGE, next, PTE_KERN);
	for (o = 0x800; o < 0x1800; o++) {
		u64 top = (va + o) & ~15UL;

		memset(page, 0xaa, PAGE);
		memset(next, 0xaa, PAGE);
		/* the handler runs on this stack, too: the frame is copied before */
		if (trap_try(fault_at, va + o, 0, 0) != TRAP_UD || trap_last.frame.rsp != va + o)
			bad++;
		for (i = 0; i < 1024; i++) {
			u64 at = va + 8 * i;

			if (at >= top && *(volatile u64 *)at != MARK)
				outside++;
		}
	}
	same(0, bad, "frames on a stack at 4,096 offsets: RSP is shown exactly");
	same(0, outside, "nothing is written above them");
	for (o = 0; o < 64; o++)
		bad += hypercall(PVHV_HC_SET_DF_STACK, va + o, 0, 0) != (o & 15 ? -EINVAL : 0);
	same(0, bad, "a #DF stack that is not aligned is refused");
	hypercall(PVHV_HC_SET_DF_STACK, (u64)df_stack_top, 0, 0);
}

void test(void)
{
	outputs();
	frames();
}
