// SPDX-License-Identifier: GPL-2.0
/*
 * A11: SMEP does not keep ring 0 out of ring 1's pages.
 * Attack: the guest executes the gate's own code at every byte offset with wild
 * registers, hoping that some path takes ring 0 to an address of its choice.
 * Must happen: only exceptions of ring 1; the core goes on.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

static volatile u64 reached;

/* Every register points at code of the guest's own; a stack on which every word does, too. */
static void jump(u64 target, u64 filler, u64 stack)
{
	asm volatile("movq %2, %%rsp\n\t"
		     "movq %1, %%rbx\n\tmovq %1, %%rcx\n\tmovq %1, %%rbp\n\t"
		     "movq %1, %%r8\n\tmovq %1, %%r9\n\tmovq %1, %%r10\n\tmovq %1, %%r11\n\t"
		     "movq %1, %%r12\n\tmovq %1, %%r13\n\tmovq %1, %%r14\n\tmovq %1, %%r15\n\t"
		     "jmp *%0"
		     : : "a"(target), "d"(filler), "S"(stack) : "memory");
}

/* Ring 0 would not fault on UD2 with an exception of ring 1. */
static void __attribute__((noinline)) landing(void)
{
	u64 cs;

	asm volatile("mov %%cs, %0" : "=r"(cs));
	if (!(cs & 3))
		reached++;
	asm volatile("ud2");
}

void test(void)
{
	u64 o, n = 0, i, *stack = page_alloc();
	u64 end = 0x10000;

	for (o = 0; o < end; o++) {
		if (!(o & (PAGE - 1)) && try_read(PVHV_GATE_BASE + o, NULL) != NO_TRAP)
			break;
		for (i = 0; i < 512; i++)
			stack[i] = (u64)landing;
		trap_try(jump, PVHV_GATE_BASE + o, (u64)landing, (u64)stack + 2048);
		vcpu_page->sp0 = (u64)trap_stack_top;
		events_on();
		n++;
	}
	same(0, reached, "%lu jumps into the gate's code: none ended in ring 0", n);
}
