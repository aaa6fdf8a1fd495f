// SPDX-License-Identifier: GPL-2.0
/*
 * D20 (and E1, D6): the hypervisor pushes frames on stacks that the guest names.
 * Attack: sp0 and RSP at unmapped, read-only, page-table, user, non-canonical,
 * hypervisor and wrapping addresses, straddling good and bad pages, for
 * every kind of delivery; RET and SYSRET frames there.
 * Must happen: #DF on the guest's #DF stack (or #GP for the returns); nothing
 * is written where ring 1 could not have written itself.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

#define VA	0xffffc90000000000UL
#define HOLE	(VA + PAGE)
#define RO_VA	(VA + 3 * PAGE)
#define LOW_STACK	0x300000000000UL	/* ring 1 could write there */

USER_ASM(code_ud2, "ud2");
USER_ASM(code_read, "movq (8), %rax");
USER_ASM(code_int80, "int $0x80");
USER_ASM(code_loop, "movl $3000000, %ecx\n 1: loop 1b\n ud2");

static u64 ro_page_sum(const u64 *page)
{
	u64 i, sum = 0;

	for (i = 0; i < 512; i++)
		sum += (page[i] & ~(PTE_A | PTE_D)) * (i + 1);
	return sum;
}

static const u64 bad_tops[] = {
	0, 8, 16, 0x1000, 0x800000000000UL, 1UL << 63, 0xffff7ffffffffff0UL, 0xffff800000000000UL,
	PVHV_GATE_BASE + 0x1000, PVHV_GATE_BASE + 0x17000, PVHV_GATE_BASE + 0x1a000,
	PVHV_VCPU_VA + PAGE, PVHV_ARG_VA + PAGE, PVHV_P2M_VA + PAGE, PVHV_SHARED_VA + PAGE,
	PVHV_M2P_VA + PAGE, 0xffff880000000000UL, 0xffff880000000010UL,
	VA + 2 * PAGE,		/* unmapped */
	RO_VA + PAGE,		/* read-only */
	RO_VA + 16,		/* straddles unmapped and read-only */
	VA + PAGE + 16,		/* straddles good and unmapped */
	LOW_STACK + PAGE,	/* mapped and writable, but the application's */
};

static void fault_ud2(u64 rsp, u64 b, u64 c)
{
	asm volatile("movq %0, %%rsp\n\tud2" : : "r"(rsp));
}

static void fault_pf(u64 rsp, u64 b, u64 c)
{
	asm volatile("movq %0, %%rsp\n\tmovq (%1), %%rax" : : "r"(rsp), "r"(8UL) : "rax");
}

static void fault_int80(u64 rsp, u64 b, u64 c)
{
	asm volatile("movq %0, %%rsp\n\tint $0x80" : : "r"(rsp));
}

static void fault_upcall(u64 rsp, u64 b, u64 c)
{
	events_off();
	hypercall(PVHV_HC_SEND_IPI, 1, PVHV_PORT_KICK, 0);
	asm volatile("movq %0, %%rsp\n\tmovb $1, (%1)\n\tsyscall"
		     : : "r"(rsp), "r"(PVHV_VCPU_VA + PVHV_VCPU_VIF), "a"(PVHV_HC_FORCE_UPCALL)
		     : "rcx", "r11", "memory");
}

static void kernel(void (*fn)(u64 a, u64 b, u64 c), const char *what)
{
	u64 i, bad = 0, first = 0;

	for (i = 0; i < ARRAY_SIZE(bad_tops); i++) {
		if (trap_try(fn, bad_tops[i], 0, 0) != TRAP_DF) {
			bad++;
			first = bad_tops[i];
		}
		vcpu_page->upcall_pending = 0;
		events_on();
	}
	if (!same(0, bad, "%s in ring 1 with %lu bad stacks: #DF", what, ARRAY_SIZE(bad_tops)))
		note("for instance %lx gives %lx", first, trap_last.vector);
}

static bool user_bad(u64 sp0)
{
	int ret;

	user_reset();
	vcpu_page->sp0 = sp0;
	ret = user_enter(BY_SYSRET);
	vcpu_page->sp0 = (u64)trap_stack_top;
	events_on();
	return ret != USER_TRAP(TRAP_DF) || (user_regs.cs & 3) != 3;
}

static void user(const void *from, const void *to, const char *what)
{
	u64 i, bad = 0, first = 0;

	user_init(from, to);
	for (i = 0; i < ARRAY_SIZE(bad_tops); i++) {
		if (user_bad(bad_tops[i])) {
			bad++;
			first = bad_tops[i];
		}
	}
	if (!same(0, bad, "%s in ring 3 with bad sp0: #DF", what))
		note("for instance %lx", first);
}

static void user_upcall(void)
{
	u64 i, bad = 0;

	user_init(code_loop, code_loop_end);
	for (i = 0; i < ARRAY_SIZE(bad_tops); i++) {
		timer_set(rdtsc() + ticks_per_ms() / 10);
		bad += user_bad(bad_tops[i]);
		vcpu_page->upcall_pending = 0;
	}
	timer_set(~0UL);
	same(0, bad, "an event in ring 3 with bad sp0: #DF");
}

static void do_return(u64 rsp, u64 insn, u64 c)
{
	asm volatile("movq %0, %%rsp\n\tjmp *%1" : : "r"(rsp), "r"(insn));
}

/* A frame is read; what can be read may hold anything, so only the addresses that cannot are sure. */
static void returns(void)
{
	static const u64 unreadable[] = {
		0, 8, 0x1000, 0x800000000000UL, 1UL << 63, ~0UL, ~0UL - 16, 0xffff7fffffffffffUL,
		PVHV_GATE_BASE + 0x18000, PVHV_GATE_BASE + 0x1a000, PVHV_GATE_BASE + (1UL << 30),
		0xffff87fffffffff0UL, HOLE, VA + PAGE - 8,
	};
	u64 i, bad = 0, v;

	for (i = 0; i < ARRAY_SIZE(unreadable); i++) {
		v = trap_try(do_return, unreadable[i], (u64)ret_insn, 0);
		bad += v != TRAP_GP && v != TRAP_DF;
		v = trap_try(do_return, unreadable[i], (u64)sysret_insn, 0);
		bad += v != TRAP_GP && v != TRAP_DF;
		events_on();
	}
	same(0, bad, "RET and SYSRET with a frame that cannot be read: #GP, or #DF if RSP is no stack, too");
	for (i = 0; i < 0x33; i++) {
		trap_try(do_return, PVHV_GATE_BASE + i * PAGE + 0x800, (u64)ret_insn, 0);
		trap_try(do_return, PVHV_GATE_BASE + i * PAGE + 0xfe8, (u64)sysret_insn, 0);
		vcpu_page->sp0 = (u64)trap_stack_top;
		events_on();
	}
	ok(true, "frames inside the gate: the core goes on");
}

void test(void)
{
	u64 *good = page_alloc(), *ro = page_alloc(), sum, i, table;

	user_init(code_ud2, code_ud2_end);
	map_page(VA, good, PTE_KERN);
	map_page(RO_VA, ro, PTE_KERN_RO);
	map_page(LOW_STACK, page_alloc(), PTE_USER);
	for (i = 0; i < 512; i++)
		ro[i] = i * 0x123456789;
	sum = ro_page_sum(ro);
	table = ro_page_sum(boot_root);
	kernel(fault_ud2, "#UD");
	kernel(fault_pf, "#PF");
	kernel(fault_int80, "INT 0x80");
	kernel(fault_upcall, "an event");
	user(code_ud2, code_ud2_end, "#UD");
	user(code_read, code_read_end, "#PF");
	user(code_int80, code_int80_end, "INT 0x80");
	user_upcall();
	same(TRAP_DF, trap_try(fault_ud2, (u64)boot_root + PAGE, 0, 0), "a page table as stack: #DF");
	same(TRAP_DF, trap_try(fault_pf, (u64)boot_root + PAGE, 0, 0), "also for #PF");
	returns();
	same(sum, ro_page_sum(ro), "the read-only page is as it was");
	same(table, ro_page_sum(boot_root), "the page table is as it was");
}
