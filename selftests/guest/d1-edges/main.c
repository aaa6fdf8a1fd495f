// SPDX-License-Identifier: GPL-2.0
/*
 * D1 (XSA-7): a return to a non-canonical RIP faults in ring 0.
 * Attack: SYSCALL as the last instruction below 2^47, so that its return
 * address is not canonical; RET and SYSRET to every canonical edge; ring 1
 * running over the end of the lower half; instructions there that are emulated.
 * Must happen: #GP or #PF for the guest; the core goes on.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

#define LAST_PAGE	0x7ffffffff000UL
#define LAST_END	0x800000000000UL

static const u64 bad_user[] = {
	LAST_END, LAST_END | 0xfff, 1UL << 63, 0xffff7fffffffffffUL, PVHV_GATE_BASE, ~0UL,
	0xffff880000000000UL, PVHV_KERNMAP_VA, 1UL << 48, 0x7fffffffffffffffUL,
};

/* RET and SYSRET fault at the registered address when the frame is bad. */
static void jump_user(u64 how, u64 rip, u64 cs)
{
	user_reset();
	user_regs.rip = rip;
	user_regs.cs = cs;
	user_enter(how);
}

static void returns(void)
{
	u64 i, bad = 0, bad_at = 0;

	for (i = 0; i < ARRAY_SIZE(bad_user); i++) {
		bad += trap_try(jump_user, BY_RET, bad_user[i], PVHV_USER_CS) != TRAP_GP;
		bad_at += trap_last.frame.rip != (u64)ret_rip;
		bad += trap_try(jump_user, BY_SYSRET, bad_user[i], PVHV_USER_CS) != TRAP_GP;
		bad_at += trap_last.frame.rip != (u64)sysret_rip;
	}
	same(0, bad, "RET and SYSRET to what is no user address: #GP");
	same(0, bad_at, "at the registered address");
	same(TRAP_GP, trap_try(jump_user, BY_RET, 1UL << 32, PVHV_USER32_CS),
	     "RET to 32-bit code beyond 4 GiB: #GP");
	user_reset();
	user_regs.rip = LAST_END - 1;
	same(USER_TRAP(TRAP_PF), user_run(BY_RET), "the last user address may be entered");
	same(LAST_END - 1, trap_last.cr2, "and is not mapped");
	user_reset();
	user_regs.rip = LAST_END - 1;
	same(USER_TRAP(TRAP_PF), user_run(BY_SYSRET), "by SYSRET, too");
}

static void last_syscall(void)
{
	u8 *page = page_alloc();
	u64 i, bad = 0;

	map_page(LAST_PAGE, page, PTE_USER);
	page[PAGE - 2] = 0x0f;
	page[PAGE - 1] = 0x05;
	user_reset();
	user_regs.rip = LAST_END - 2;
	same(USER_SYSCALL, user_run(BY_SYSRET), "SYSCALL as last instruction of the lower half");
	same(LAST_END, user_regs.rcx, "shows the non-canonical address behind it");
	same(TRAP_GP, trap_try(jump_user, BY_SYSRET, LAST_END, 0), "SYSRET there: #GP");
	same(TRAP_GP, trap_try(jump_user, BY_RET, LAST_END, PVHV_USER_CS), "RET there: #GP");
	/* INT 0x80, INT3, NOP at the end */
	page[PAGE - 2] = 0xcd;
	page[PAGE - 1] = 0x80;
	user_reset();
	user_regs.rip = LAST_END - 2;
	same(USER_TRAP(0x80), user_run(BY_RET), "INT 0x80 there");
	same(LAST_END, user_regs.rip, "shows the address behind it");
	page[PAGE - 1] = 0xcc;
	user_reset();
	user_regs.rip = LAST_END - 1;
	same(USER_TRAP(TRAP_BP), user_run(BY_RET), "INT3 there");
	page[PAGE - 1] = 0x90;
	/* often, with the timer close, so that it may come between NOP and the fault */
	for (i = 0; i < 3000; i++) {
		int ret;

		timer_set(rdtsc() + 50 * i);
		user_reset();
		user_regs.rip = LAST_END - 1;
		ret = user_run(BY_RET);
		bad += ret != USER_TRAP(TRAP_GP) && ret != USER_TRAP(TRAP_PF);
	}
	same(0, bad, "NOP there, 3,000 times under a timer: #GP");
	timer_set(~0UL);
	unmap_page(LAST_PAGE);
}

/* #GP at the first address that is none; with five levels of page tables it is one, where nothing is mapped. */
static bool ends_there(u64 start)
{
	u64 vector = trap_try((void *)start, 0, 0, 0);

	return vector == TRAP_GP || (vector == TRAP_PF && trap_last.cr2 == LAST_END);
}

/* Ring 1 may execute there, too, if the page is the kernel's. */
static void ring1(void)
{
	static const u8 emulated[] = { 0xec, 0xed, 0xee, 0xef, 0xfa, 0xfb };
	u8 *page = page_alloc();
	u64 i;

	map_page(LAST_PAGE, page, PTE_KERN);
	for (i = 0; i < ARRAY_SIZE(emulated); i++) {
		page[PAGE - 1] = emulated[i];
		ok(ends_there(LAST_END - 1),
		   "ring 1: emulated instruction %x at the end of the lower half: a fault", emulated[i]);
	}
	page[PAGE - 2] = 0x0f;
	page[PAGE - 1] = 0x06;
	ok(ends_there(LAST_END - 2), "CLTS there: a fault");
	page[PAGE - 1] = 0x90;
	ok(ends_there(LAST_END - 1), "NOP there: a fault");
	for (i = 0; i < 3000; i++) {
		timer_set(rdtsc() + 50 * i);
		trap_try((void *)(LAST_END - 1), 0, 0, 0);
		events_on();
	}
	timer_set(~0UL);
	ok(true, "and 3,000 times under a timer: the core goes on");
}

void test(void)
{
	static const u8 nothing[] = { 0x90 };

	user_init(nothing, nothing + 1);
	returns();
	last_syscall();
	ring1();
}
