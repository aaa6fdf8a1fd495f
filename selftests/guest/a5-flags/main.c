// SPDX-License-Identifier: GPL-2.0
/*
 * A5 and D5: IOPL 1 would let ring 1 switch interrupts off and reach ports.
 * Attack: RFLAGS with every bit, by POPF, by IRET of its own, through the RET
 * and SYSRET frames to ring 1 and ring 3, and in R11 of a system call.
 * Must happen: real IOPL stays 0, IF 1, NT, VM, VIF, VIP 0 on every way out.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

#define FORCED_0	(FLAGS_IOPL | FLAGS_VM | 1UL << 19 | 1UL << 20)
#define RANDOM_ROUNDS	2000

USER_ASM(code_flags, "pushfq\n popq %rax\n syscall");
USER_ASM(code_popf, "pushq %rdi\n popfq\n pushfq\n popq %rax\n cld\n syscall");

static u64 seed = 88172645463325252;

static u64 random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static u64 flags_now(void)
{
	u64 f;

	asm volatile("pushfq\n\tpopq %0" : "=r"(f));
	return f;
}

static bool flags_sound(u64 f)
{
	return !(f & FORCED_0) && (f & FLAGS_IF);
}

static u64 set_popf(u64 f)
{
	u64 got;

	asm volatile("pushq %1\n\tpopfq\n\tpushfq\n\tpopq %0\n\tpushq $2\n\tpopfq"
		     : "=r"(got) : "r"(f & ~FLAGS_TF) : "memory", "cc");
	return got;
}

/* By the return hypercall to ring 1. */
static u64 set_ret(u64 f)
{
	u64 got;

	asm volatile("movq %%rsp, %%rax\n\t"
		     "pushq %2\n\t"		/* ss */
		     "pushq %%rax\n\t"		/* rsp */
		     "pushq %1\n\t"		/* rflags */
		     "pushq $0x10\n\t"		/* cs */
		     "pushq $1f\n\t"		/* rip */
		     "pushq $0x11\n\t"		/* r11 */
		     "pushq $0x22\n\t"		/* rcx */
		     "jmp ret_insn\n"
		     "1:\tpushfq\n\tpopq %0\n\tpushq $2\n\tpopfq"
		     : "=r"(got) : "r"(f & ~FLAGS_TF), "i"(0x18)
		     : "rax", "rcx", "r11", "memory", "cc");
	return got;
}

/* IRETQ of ring 1's own, without the hypervisor. */
static u64 set_iret(u64 f)
{
	u64 got;

	asm volatile("movq %%rsp, %%rax\n\t"
		     "pushq %2\n\tpushq %%rax\n\tpushq %1\n\tpushq %3\n\tpushq $1f\n\t"
		     "iretq\n"
		     "1:\tpushfq\n\tpopq %0\n\tpushq $2\n\tpopfq"
		     : "=r"(got)
		     : "r"(f & ~(FLAGS_TF | FLAGS_NT)), "i"(PVHV_KERNEL_DS), "i"(PVHV_KERNEL_CS)
		     : "rax", "memory", "cc");
	return got;
}

static u64 user_flags(enum user_how how, u64 f)
{
	user_reset();
	user_regs.rflags = f & ~FLAGS_TF;
	if (user_run(how) != USER_SYSCALL)
		return 0;
	return user_regs.rax;
}

static u64 user_popf(u64 f)
{
	user_reset();
	user_regs.rdi = f & ~FLAGS_TF;
	if (user_run(BY_SYSRET) != USER_SYSCALL)
		return 0;
	return user_regs.rax;
}

static u64 try_ret(u64 f)
{
	return user_flags(BY_RET, f);
}

static u64 try_sysret(u64 f)
{
	return user_flags(BY_SYSRET, f);
}

static void sweep(u64 (*set)(u64 f), u64 also_zero, const char *what)
{
	u64 i, bad = 0, first = 0;

	for (i = 0; i < 64 + RANDOM_ROUNDS; i++) {
		u64 f = i < 64 ? 1UL << i : i == 64 ? ~0UL : random();
		u64 got = set(f);

		if (!flags_sound(got) || (got & also_zero)) {
			bad++;
			first = f;
		}
		/* the virtual IF follows, the real one stays */
		events_on();
	}
	if (!same(0, bad, "IOPL 0 and IF 1 after %s", what))
		note("for instance with %lx", first);
}

static void iret_with_nt(u64 a, u64 b, u64 c)
{
	asm volatile("pushq $0x4002\n\tpopfq\n\t"
		     "pushq %0\n\tpushq %%rsp\n\tpushq $2\n\tpushq %1\n\tpushq $0\n\tiretq"
		     : : "i"(PVHV_KERNEL_DS), "i"(PVHV_KERNEL_CS));
}

void test(void)
{
	same(1, flags_sound(flags_now()), "RFLAGS are sound at the start");
	sweep(set_popf, 0, "POPF in ring 1");
	sweep(set_ret, FLAGS_NT, "RET to ring 1");
	sweep(set_iret, 0, "IRETQ in ring 1");
	user_init(code_flags, code_flags_end);
	sweep(try_ret, FLAGS_NT, "RET to ring 3");
	sweep(try_sysret, FLAGS_NT, "SYSRET to ring 3");
	user_init(code_popf, code_popf_end);
	sweep(user_popf, 0, "POPF in ring 3");
	same(TRAP_GP, trap_try(iret_with_nt, 0, 0, 0), "IRETQ with NT gives #GP");
	asm volatile("pushq $2\n\tpopfq");
}
