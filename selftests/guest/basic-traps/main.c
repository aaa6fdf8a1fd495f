// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions in ring 1 arrive as on bare metal: vector, error code, address,
 * saved RIP and flags; the return restores every register.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define TEST_VA		0xffffc90000000000UL	/* nothing of the guest's lies there */
#define NON_CANONICAL	0x8000000000000000UL

static void no_handlers_needed(void)
{
	same(NO_TRAP, TRY("nop"), "no exception from NOP");
	same(TRAP_UD, TRY("ud2"), "UD2 gives #UD");
	same(~0UL, trap_last.error, "#UD has no error code");
	same(PVHV_KERNEL_CS & ~3, trap_last.frame.cs, "the frame shows CS with RPL 0");
	same(PVHV_KERNEL_DS & ~3, trap_last.frame.ss, "the frame shows SS with RPL 0");
	same(FLAGS_IF, trap_last.frame.rflags & FLAGS_IF, "the frame's IF is the virtual one (1)");
	events_off();
	TRY("ud2");
	same(0, trap_last.frame.rflags & FLAGS_IF, "the frame's IF is the virtual one (0)");
	same(0, vcpu_page->vif, "the return leaves the virtual IF as it was");
	events_on();
	same(TRAP_DE, TRY_("xorl %%ecx, %%ecx; divl %%ecx", L_(), L_(), "rax", "rcx", "rdx"),
	     "division by zero gives #DE");
	same(TRAP_BP, TRY("int3"), "INT3 gives #BP");
	same(0xcc, ((u8 *)trap_last.frame.rip)[-1], "#BP shows the RIP behind it");
	same(TRAP_SYSCALL, TRY("int $0x80"), "INT 0x80 arrives on its own vector");
}

static void page_faults(void)
{
	void *page = page_alloc();
	u64 val;

	same(TRAP_PF, try_read(TEST_VA + 0x123, &val), "a read of nothing gives #PF");
	same(0, trap_last.error, "its error code: not present, read, supervisor");
	same(TEST_VA + 0x123, trap_last.cr2, "its address");
	same(TRAP_PF, try_write(TEST_VA, 1), "a write to nothing gives #PF");
	same(PF_WRITE, trap_last.error, "its error code: not present, write");
	map_page(TEST_VA, page, PTE_KERN_RO | PTE_NX);
	same(NO_TRAP, try_read(TEST_VA, &val), "a mapped page can be read at once");
	same(TRAP_PF, try_write(TEST_VA, 1), "a read-only page cannot be written");
	same(PF_PRESENT | PF_WRITE, trap_last.error, "its error code: present, write");
	same(TRAP_PF, trap_try((void *)TEST_VA, 0, 0, 0), "a page with NX cannot be executed");
	same(PF_PRESENT | PF_INSN, trap_last.error, "its error code: present, fetch");
	same(TEST_VA, trap_last.frame.rip, "its RIP is the page");
	unmap_page(TEST_VA);
	same(TRAP_PF, try_read(TEST_VA, &val), "and is gone at once when unmapped");
	same(TRAP_PF, try_write((u64)boot_root, 1), "a page table cannot be written");
	same(PF_PRESENT | PF_WRITE, trap_last.error, "its error code: present, write");
}

static void protection_faults(void)
{
	u64 val;

	same(TRAP_GP, try_read(NON_CANONICAL, &val), "a non-canonical read gives #GP");
	same(0, trap_last.error, "its error code is 0");
	same(TRAP_GP, TRY("hlt"), "HLT gives #GP");
	same(TRAP_GP, TRY_("mov %0, %%cr3", L_(), "r"(0UL)), "a write to CR3 gives #GP");
	same(TRAP_GP, TRY_("mov %%cr3, %0", "=r"(val), L_()), "a read of CR3 gives #GP");
	same(TRAP_GP, TRY_("rdmsr", L_(), "c"(0xc0000080), "rax", "rdx"), "RDMSR gives #GP");
	same(TRAP_GP, TRY_("wrmsr", L_(), L_("c"(0xc0000082), "a"(0), "d"(0))), "WRMSR gives #GP");
	same(TRAP_GP, TRY("swapgs"), "SWAPGS gives #GP");
	same(TRAP_GP, TRY_("invlpg (%0)", L_(), "r"(TEST_VA)), "INVLPG gives #GP");
	same(TRAP_GP, TRY_("mov %0, %%db7", L_(), "r"(0UL)), "a write to DR7 gives #GP");
}

static bool skip_ud2(struct trap_frame *f)
{
	f->rip += 2;
	return true;
}

/* Each register gets a value of its own; UD2; each still has it. */
static u64 registers_lost(void)
{
	u64 lost;

	asm volatile("pushq %%rbp\n\t"
		     "pushq %%rbx\n\t"
		     "movq $0x1111, %%rax\n\tmovq $0x2222, %%rbx\n\tmovq $0x3333, %%rcx\n\t"
		     "movq $0x4444, %%rdx\n\tmovq $0x5555, %%rsi\n\tmovq $0x6666, %%rdi\n\t"
		     "movq $0x7777, %%rbp\n\tmovq $0x8888, %%r8\n\tmovq $0x9999, %%r9\n\t"
		     "movq $0xaaaa, %%r10\n\tmovq $0xbbbb, %%r11\n\tmovq $0xcccc, %%r12\n\t"
		     "movq $0xdddd, %%r13\n\tmovq $0xeeee, %%r14\n\tmovq $0xffff, %%r15\n\t"
		     "ud2\n\t"
		     "xorq $0x1111, %%rax\n\txorq $0x2222, %%rbx\n\txorq $0x3333, %%rcx\n\t"
		     "xorq $0x4444, %%rdx\n\txorq $0x5555, %%rsi\n\txorq $0x6666, %%rdi\n\t"
		     "xorq $0x7777, %%rbp\n\txorq $0x8888, %%r8\n\txorq $0x9999, %%r9\n\t"
		     "xorq $0xaaaa, %%r10\n\txorq $0xbbbb, %%r11\n\txorq $0xcccc, %%r12\n\t"
		     "xorq $0xdddd, %%r13\n\txorq $0xeeee, %%r14\n\txorq $0xffff, %%r15\n\t"
		     "orq %%rbx, %%rax\n\torq %%rcx, %%rax\n\torq %%rdx, %%rax\n\t"
		     "orq %%rsi, %%rax\n\torq %%rdi, %%rax\n\torq %%rbp, %%rax\n\t"
		     "orq %%r8, %%rax\n\torq %%r9, %%rax\n\torq %%r10, %%rax\n\t"
		     "orq %%r11, %%rax\n\torq %%r12, %%rax\n\torq %%r13, %%rax\n\t"
		     "orq %%r14, %%rax\n\torq %%r15, %%rax\n\t"
		     "popq %%rbx\n\t"
		     "popq %%rbp\n\t"
		     : "=a"(lost) : : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
		       "r13", "r14", "r15", "memory", "cc");
	return lost;
}

static void returns(void)
{
	u64 before, after, flags;

	trap_hook = skip_ud2;
	same(0, registers_lost(), "an exception and its return keep all registers");
	asm volatile("movq %%rsp, %0\n\tsubq $8, %%rsp\n\tud2\n\taddq $8, %%rsp\n\tmovq %%rsp, %1"
		     : "=&r"(before), "=&r"(after) : : "memory");
	same(before, after, "RSP comes back, also when it was not aligned");
	same(0, ((u64)trap_last.frame.rsp - 8) & 7, "and is shown as it was");
	asm volatile("stc\n\tstd\n\tud2\n\tpushfq\n\tcld\n\tpopq %0" : "=r"(flags) : : "memory", "cc");
	same(1 | FLAGS_DF, flags & (1 | FLAGS_DF), "flags come back");
	trap_hook = NULL;
}

static unsigned int steps;

static bool count_steps(struct trap_frame *f)
{
	if (f->vector != TRAP_DB)
		return false;
	if (++steps == 3)
		f->rflags &= ~FLAGS_TF;
	return true;
}

static void debug(void)
{
	static volatile u64 watched;

	trap_hook = count_steps;
	asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop"
		     : : : "memory", "cc");
	trap_hook = NULL;
	same(3, steps, "single steps until TF is taken away");
	same(1UL << 14, hc_get_debugreg(6) & (1UL << 14), "DR6 says single step");
	same(0, hc_set_debugreg(0, (u64)&watched), "a breakpoint on the guest's own data");
	same(0, hc_set_debugreg(7, 0xd0402), "watched for writes of 8 bytes");
	same(TRAP_DB, TRY_("movq $1, (%0)", L_(), "r"(&watched)), "the write gives #DB");
	same(1, hc_get_debugreg(6) & 0xf, "DR6 says breakpoint 0");
	same(0, hc_set_debugreg(7, 0x400), "all off again");
	same(NO_TRAP, TRY_("movq $1, (%0)", L_(), "r"(&watched)), "the write gives nothing");
}

static void bad_stack_fn(u64 rsp, u64 b, u64 c)
{
	asm volatile("movq %0, %%rsp\n\tud2" : : "r"(rsp));
}

static void double_fault(void)
{
	same(TRAP_DF, trap_try(bad_stack_fn, TEST_VA, 0, 0), "no stack for a frame gives #DF");
	same(0, trap_last.error, "its error code is 0");
	same(TEST_VA, trap_last.frame.rsp, "it shows the bad stack");
}

static void interrupt_gate(void)
{
	same(0, trap_set(TRAP_UD, PVHV_TRAP_CLEAR_VIF, (u64)trap_stubs + 16 * TRAP_UD),
	     "a handler that wants no events");
	trap_hook = skip_ud2;
	events_on();
	asm volatile("ud2");
	same(1, vcpu_page->vif, "the virtual IF comes back with the return");
	same(FLAGS_IF, trap_last.frame.rflags & FLAGS_IF, "and was saved as 1");
	trap_hook = NULL;
}

void test(void)
{
	no_handlers_needed();
	page_faults();
	protection_faults();
	returns();
	debug();
	double_fault();
	interrupt_gate();
}
