// SPDX-License-Identifier: GPL-2.0
/*
 * D4 (XSA-44, 339): NT, TF, AC, RF, DF set when the hypervisor is entered.
 * Attack: each way in from ring 3 and ring 1 with each of these flags, and all.
 * Must happen: exactly one exception or call arrives, its RIP is right, and the
 * flags are shown as they were.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

/* POPF of RDI, then one instruction. */
#define WITH_FLAGS(insn) "pushq %rdi\n popfq\n " insn "\n ud2"
#define POPF_LEN	2

USER_ASM(code_syscall, WITH_FLAGS("syscall"));
USER_ASM(code_int80, WITH_FLAGS("int $0x80"));
USER_ASM(code_int3, WITH_FLAGS("int3"));
USER_ASM(code_ud2, WITH_FLAGS("ud2"));
USER_ASM(code_hlt, WITH_FLAGS("hlt"));
USER_ASM(code_sysenter, WITH_FLAGS("sysenter"));
USER_ASM(code_read, WITH_FLAGS("movb (0), %al"));
USER_ASM(code_int13, WITH_FLAGS("int $13"));

static const struct {
	const void *from, *to;
	const char *name;
	int exit, exit2;
} ways[] = {
	{ code_syscall, code_syscall_end, "SYSCALL", USER_SYSCALL, 0 },
	{ code_int80, code_int80_end, "INT 0x80", USER_TRAP(0x80), 0 },
	{ code_int3, code_int3_end, "INT3", USER_TRAP(TRAP_BP), 0 },
	{ code_ud2, code_ud2_end, "UD2", USER_TRAP(TRAP_UD), 0 },
	{ code_hlt, code_hlt_end, "HLT", USER_TRAP(TRAP_GP), 0 },
	{ code_sysenter, code_sysenter_end, "SYSENTER", USER_TRAP(TRAP_GP), USER_TRAP(TRAP_UD) },
	{ code_read, code_read_end, "a page fault", USER_TRAP(TRAP_PF), 0 },
	{ code_int13, code_int13_end, "INT 13", USER_TRAP(TRAP_GP), 0 },
};

static const u64 flag_sets[] = {
	0, FLAGS_NT, FLAGS_AC, FLAGS_DF, FLAGS_NT | FLAGS_AC | FLAGS_DF | FLAGS_IOPL | 0xcd5, FLAGS_RF,
};

#define SHOWN	(FLAGS_NT | FLAGS_AC | FLAGS_DF)

static void user(unsigned int w)
{
	u64 i, bad = 0, bad_flags = 0, bad_count = 0;

	user_init(ways[w].from, ways[w].to);
	for (i = 0; i < ARRAY_SIZE(flag_sets); i++) {
		int ret;

		user_reset();
		user_regs.rdi = flag_sets[i] | 2;
		ret = user_run(BY_SYSRET);
		bad += ret != ways[w].exit && ret != ways[w].exit2;
		bad_count += ret != USER_SYSCALL && trap_last.count != 1;
		if ((user_regs.rflags ^ flag_sets[i]) & SHOWN)
			bad_flags++;
	}
	same(0, bad, "%s from ring 3 with NT, AC, DF: arrives as itself", ways[w].name);
	same(0, bad_count, "once");
	same(0, bad_flags, "with the flags as they were");
}

/* TF: #DB first, in ring 3, with RIP behind the instruction after POPF, or the call itself. */
static void user_step(void)
{
	unsigned int w;
	u64 bad = 0;

	for (w = 0; w < ARRAY_SIZE(ways); w++) {
		int ret;

		user_init(ways[w].from, ways[w].to);
		user_regs.rdi = FLAGS_TF | 2;
		ret = user_run(BY_SYSRET);
		bad += ret != ways[w].exit && ret != ways[w].exit2 && ret != USER_TRAP(TRAP_DB);
		/* what is left pending must not hit the kernel */
		bad += trap_last.count > 1;
	}
	same(0, bad, "with TF: the instruction's own exception, or #DB");
	for (w = 0; w < 64; w++) {
		user_init(code_syscall, code_syscall_end);
		user_regs.rdi = 2;
		user_regs.rflags |= FLAGS_TF;
		bad += user_run(w & 1 ? BY_RET : BY_SYSRET) != USER_TRAP(TRAP_DB);
		/* SYSRET itself may be stepped over */
		bad += user_regs.rip != USER_CODE + 1 && !(user_regs.rip == USER_CODE && !(w & 1));
	}
	same(0, bad, "RET and SYSRET with TF: #DB behind one instruction");
}

static u64 db_seen;

static bool take_db(struct trap_frame *f)
{
	if (f->vector == TRAP_DB) {
		db_seen++;
		f->rflags &= ~FLAGS_TF;
		return true;
	}
	return false;
}

/* The same from ring 1. */
static void kernel(void)
{
	u64 i, bad = 0, ret;

	for (i = 0; i < ARRAY_SIZE(flag_sets); i++) {
		/* POPF by itself would be undone by the compiler's code: all in one */
		asm volatile("pushq %1\n\tpopfq\n\tmovl %2, %%eax\n\tmovl %3, %%edi\n\tsyscall\n\t"
			     "movq %%rax, %0\n\tpushq $2\n\tpopfq"
			     : "=r"(ret) : "r"(flag_sets[i] | 2), "i"(PVHV_HC_MMU_OP),
			       "i"(PVHV_MMU_FLUSH_ALL)
			     : "rax", "rdi", "rcx", "r11", "memory", "cc");
		bad += ret != 0;
		bad += TRY_("pushq %0\n\tpopfq\n\tud2", L_(), "r"(flag_sets[i] | 2)) != TRAP_UD;
		bad += trap_last.count != 1;
		bad += ((trap_last.frame.rflags ^ flag_sets[i]) & SHOWN) != 0;
		asm volatile("pushq $2\n\tpopfq" : : : "memory", "cc");
	}
	same(0, bad, "hypercalls and exceptions of ring 1 with NT, AC, DF");
	trap_hook = take_db;
	for (i = 0; i < 100; i++)
		asm volatile("pushq $0x102\n\tpopfq\n\tmovl %0, %%eax\n\tmovl %1, %%edi\n\tsyscall\n\t"
			     "nop\n\tnop\n\tpushq $2\n\tpopfq"
			     : : "i"(PVHV_HC_MMU_OP), "i"(PVHV_MMU_FLUSH_ALL)
			     : "rax", "rdi", "rcx", "r11", "memory", "cc");
	trap_hook = NULL;
	ok(db_seen > 0, "hypercalls under TF: single steps, no more");
}

void test(void)
{
	unsigned int w;

	for (w = 0; w < ARRAY_SIZE(ways); w++)
		user(w);
	user_step();
	kernel();
}
