// SPDX-License-Identifier: GPL-2.0
/*
 * E9: hypercalls that do not exist, and who may call.
 * Attack: all numbers up to 65,535 and all powers of two, from ring 1; the same from ring 3.
 * Must happen: -ENOSYS in ring 1; in ring 3 it is an ordinary system call of the
 * guest's kernel and nothing else happens.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

USER_ASM(code, "syscall");

static void ring1(void)
{
	u64 nr, bad = hypercall(0, 0, 0, 0) != -ENOSYS;

	for (nr = PVHV_NR_HC; nr < 65536; nr++)
		bad += hypercall(nr, 0, 0, 0) != -ENOSYS;
	for (nr = 5; nr < 64; nr++) {
		bad += hypercall(1UL << nr, 0, 0, 0) != -ENOSYS;
		bad += hypercall(~0UL << nr, 0, 0, 0) != -ENOSYS;
		/* the low half alone would be a good number */
		if (nr >= 32)
			bad += hypercall(1UL << nr | PVHV_HC_MMU_OP, PVHV_MMU_FLUSH_ALL, 0, 0) != -ENOSYS;
	}
	same(0, bad, "unknown numbers in ring 1: -ENOSYS");
}

static void ring3(void)
{
	u64 nr, bad = 0, root;

	user_init(code, code_end);
	root = page_mfn(boot_root);
	for (nr = 0; nr < 65536; nr += nr < 64 ? 1 : 3) {
		user_reset();
		user_regs.rax = nr;
		user_regs.rdi = PVHV_SCHED_SHUTDOWN;
		user_regs.rsi = root;
		if (user_run(BY_SYSRET) != USER_SYSCALL || user_regs.rax != nr ||
		    user_regs.rdi != PVHV_SCHED_SHUTDOWN)
			bad++;
	}
	same(0, bad, "any number in ring 3 is a system call of the guest");
}

/* From the lower half, ring 1 is not taken for the kernel: a system call, as from an application. */
static void ring1_low(void)
{
	u8 *page = page_alloc();

	page[0] = 0x0f;
	page[1] = 0x05;
	map_page(0x200000000000UL, page, PTE_KERN);
	user_reset();
	note("SYSCALL of ring 1 in the lower half is an application's");
	user_regs.rip = 0x200000000000UL;
	same(USER_TRAP(TRAP_PF), user_run(BY_RET), "and ring 3 cannot execute that page");
}

void test(void)
{
	ring1();
	ring3();
	ring1_low();
}
