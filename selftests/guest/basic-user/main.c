// SPDX-License-Identifier: GPL-2.0
/*
 * Ring 3: the ways in (RET, SYSRET) and out (SYSCALL, INT, exceptions) keep
 * every register, and the application cannot reach what is the kernel's.
 * Side: guest.
 */
#include "event.h"
#include "hypercall.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

USER_ASM(code_syscall, "syscall");
USER_ASM(code_ud2, "ud2");
USER_ASM(code_int80, "int $0x80");
USER_ASM(code_int3, "int3");
USER_ASM(code_read, "movq (%rdi), %rax\n syscall");
USER_ASM(code_write, "movq %rax, (%rdi)\n syscall");
USER_ASM(code_jump, "jmp *%rdi");
USER_ASM(code_gs, "rdgsbase %rax\n wrgsbase %rbx\n rdfsbase %rsi\n wrfsbase %rdx\n syscall");
USER_ASM(code_flags, "pushfq\n popq %rax\n syscall");
USER_ASM(code32, ".code32\n movl $0x12345678, %eax\n incl %eax\n int $0x80\n .code64");
USER_ASM(code32_syscall, ".code32\n movl $0x77, %eax\n syscall\n .code64");
USER_ASM(code_cli, "cli");

static void fill_registers(void)
{
	u64 *r = (u64 *)&user_regs;
	int i;

	for (i = 0; i < 15; i++)
		r[i] = 0x0101010101010101UL * (i + 1);
}

/* How many of the 15 general registers differ from fill_registers(); mask = those not looked at. */
static u64 registers_wrong(u32 but)
{
	const u64 *r = (const u64 *)&user_regs;
	u64 bad = 0;
	int i;

	for (i = 0; i < 15; i++)
		if (!(but >> i & 1) && r[i] != 0x0101010101010101UL * (i + 1))
			bad |= 1UL << i;
	return bad;
}

#define R11	(1 << 4)
#define RCX	(1 << 12)

static void registers(void)
{
	user_init(code_syscall, code_syscall_end);
	fill_registers();
	same(USER_SYSCALL, user_run(BY_RET), "RET enters ring 3, SYSCALL leaves it");
	same(0, registers_wrong(RCX | R11), "all registers but RCX and R11 are kept");
	same(USER_CODE + 2, user_regs.rcx, "RCX = address behind SYSCALL");
	same(FLAGS_IF | 2, user_regs.r11, "R11 = RFLAGS");
	same(USER_STACK, user_regs.rsp, "RSP is in the vCPU page");
	same(PVHV_VCPU_VA + PVHV_VCPU_USER_RSP, user_entry_rsp, "and the kernel's RSP points there");

	user_init(code_ud2, code_ud2_end);
	fill_registers();
	same(USER_TRAP(TRAP_UD), user_run(BY_RET), "UD2 in ring 3 arrives");
	same(0, registers_wrong(0), "all registers are kept");
	same(USER_CODE, user_regs.rip, "its RIP");
	same(PVHV_USER_CS, user_regs.cs, "its CS");
	same(PVHV_USER_DS, user_regs.ss, "its SS");
	same(USER_STACK, user_regs.rsp, "its RSP");
	same(FLAGS_IF, user_regs.rflags & FLAGS_IF, "its IF");

	/* a fault's image of RFLAGS has RF, which SYSRET would leave out (SDM 3B 17.3.1.1) */
	user_regs.rflags &= ~FLAGS_RF;
	fill_registers();
	same(USER_TRAP(TRAP_UD), user_run(BY_SYSRET), "SYSRET enters ring 3");
	same(0, registers_wrong(RCX | R11), "all registers but RCX and R11 are kept");
	same(USER_CODE, user_regs.rcx, "RCX = RIP");
	same(FLAGS_IF | 2, user_regs.r11, "R11 = RFLAGS");
	same(PVHV_USER_CS, user_regs.cs, "CS is the 64-bit one");
}

static void entries(void)
{
	user_init(code_int80, code_int80_end);
	same(USER_TRAP(0x80), user_run(BY_RET), "INT 0x80 arrives");
	same(USER_CODE + 2, user_regs.rip, "with the RIP behind it");
	user_init(code_int3, code_int3_end);
	same(USER_TRAP(TRAP_BP), user_run(BY_RET), "INT3 arrives");
	same(0, trap_set(0x80, 0, (u64)trap_stub_80), "INT 0x80 closed for ring 3");
	user_init(code_int80, code_int80_end);
	same(USER_TRAP(TRAP_GP), user_run(BY_RET), "gives #GP");
	same(0x80 * 8 + 2, trap_last.error, "with the vector as its error code");
	same(USER_CODE, user_regs.rip, "at the instruction");
	trap_set(0x80, PVHV_TRAP_DPL3, (u64)trap_stub_80);
	user_init(code_cli, code_cli_end);
	same(USER_TRAP(TRAP_GP), user_run(BY_RET), "CLI in ring 3 gives #GP");
}

static void memory(void)
{
	user_init(code_read, code_read_end);
	user_regs.rdi = (u64)boot_root;
	same(USER_TRAP(TRAP_PF), user_run(BY_RET), "ring 3 cannot read the kernel");
	same(PF_USER | PF_PRESENT, trap_last.error, "its error code: present, read, user");
	same((u64)boot_root, trap_last.cr2, "its address");
	user_reset();
	user_regs.rdi = PVHV_VCPU_VA;
	same(USER_TRAP(TRAP_PF), user_run(BY_RET), "ring 3 cannot read the gate");
	user_reset();
	user_regs.rdi = PVHV_P2M_VA;
	same(USER_TRAP(TRAP_PF), user_run(BY_RET), "ring 3 cannot read the P2M");
	user_init(code_write, code_write_end);
	user_regs.rdi = PVHV_SHARED_VA;
	same(USER_TRAP(TRAP_PF), user_run(BY_RET), "ring 3 cannot write the shared pages");
	user_reset();
	user_regs.rdi = USER_STACK - 64;
	same(USER_SYSCALL, user_run(BY_RET), "ring 3 can write its own stack");
	user_init(code_jump, code_jump_end);
	user_regs.rdi = PVHV_GATE_BASE;
	same(USER_TRAP(TRAP_PF), user_run(BY_RET), "ring 3 cannot execute the gate");
	user_reset();
	user_regs.rdi = (u64)ret_insn;
	same(USER_TRAP(TRAP_PF), user_run(BY_RET), "ring 3 cannot execute the kernel");
	same(TRAP_PF, trap_try((void *)USER_CODE, 0, 0, 0), "ring 1 cannot execute the application (SMEP)");
}

static void segments_and_flags(void)
{
	user_init(code_gs, code_gs_end);
	vcpu_page->user_gs_base = 0x1234567000;
	user_regs.rbx = 0x7654321000;
	user_regs.rdx = 0x1111111000;
	asm volatile("wrfsbase %0" : : "r"(0x2222222000UL));
	same(USER_SYSCALL, user_run(BY_RET), "bases of FS and GS");
	same(0x1234567000, user_regs.rax, "GS base comes from the vCPU page");
	same(0x7654321000, vcpu_page->user_gs_base, "and goes back there");
	same(0x2222222000, user_regs.rsi, "FS base is the one that the kernel set");
	user_reset();
	user_regs.rbx = 0x1234567000;
	user_run(BY_SYSRET);
	same(0x7654321000, user_regs.rax, "GS base by SYSRET, too");
	same(0x1111111000, user_regs.rsi, "FS base stays over the system call");
	asm volatile("wrfsbase %0" : : "r"(0UL));

	user_init(code_flags, code_flags_end);
	user_regs.rflags |= 0x8d5;
	user_run(BY_RET);
	same(0x8d5 | FLAGS_IF | 2, user_regs.rax, "arithmetic flags by RET");
	user_reset();
	user_regs.rflags |= 0x8d5 | FLAGS_DF;
	user_run(BY_SYSRET);
	same(0x8d5 | FLAGS_DF | FLAGS_IF | 2, user_regs.rax, "arithmetic flags by SYSRET");
	same(0x8d5 | FLAGS_DF | FLAGS_IF | 2, user_regs.r11, "and in R11 at the system call");
}

static void compat(void)
{
	int ret;

	user_init(code32, code32_end);
	user_regs.cs = PVHV_USER32_CS;
	same(USER_TRAP(0x80), user_run(BY_RET), "32-bit code runs, and calls by INT 0x80");
	same(0x12345679, user_regs.rax, "it did compute");
	same(PVHV_USER32_CS, user_regs.cs, "the frame shows its CS");
	user_init(code32_syscall, code32_syscall_end);
	user_regs.cs = PVHV_USER32_CS;
	ret = user_run(BY_RET);
	ok(ret == USER_SYSCALL32 || ret == USER_TRAP(TRAP_UD),
	   "32-bit SYSCALL has its own entry (AMD) or is #UD (Intel): %x", ret);
	if (ret == USER_SYSCALL32)
		same(0x77, user_regs.rax, "its registers arrive");
}

void test(void)
{
	registers();
	entries();
	memory();
	segments_and_flags();
	compat();
}
