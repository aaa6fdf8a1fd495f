// SPDX-License-Identifier: GPL-2.0
/*
 * A1 on a core with five levels of page tables: a guest's root has four, and
 * hangs below an L5 table of the core's.
 * Attack: the addresses that only five levels know. If both halves of the root
 * were one table, the gate and the guest's kernel would show again in the lower half,
 * and applications in the upper one, where who executes SYSCALL counts as the kernel.
 * Must happen: nothing is mapped there. (With four levels they are no addresses.)
 * Side: guest.
 */
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

#define LOW48		0xffffffffffffUL
#define UPPER_ALIAS	0xffff000000000000UL

USER_ASM(code_alias,
	 "movabsq $0xffff000000400000 + 1f - code_alias, %rax\n"
	 "jmp *%rax\n"
	 "1: syscall");

static bool is_fault(u64 vector)
{
	return vector == TRAP_PF || vector == TRAP_GP;
}

static bool reaches(u64 va)
{
	return !is_fault(try_read(va, NULL)) || !is_fault(TRY_("lock orq $0, (%0)", L_(), "r"(va)));
}

/* Pages of either half that are mapped where they belong. */
static void other_half(void)
{
	static const u64 low[] = { USER_CODE, USER_STACK - 16 };
	const u64 high[] = {
		PVHV_GATE_BASE, PVHV_VCPU_VA, PVHV_ARG_VA, PVHV_P2M_VA, PVHV_SHARED_VA,
		(u64)start_info, (u64)trap_records, (u64)other_half,
	};
	u64 i, slot, bad = 0;

	for (i = 0; i < ARRAY_SIZE(low); i++) {
		ok(try_read(low[i], NULL) == NO_TRAP, "%lx is mapped", low[i]);
		bad += reaches(low[i] | UPPER_ALIAS);
	}
	same(0, bad, "applications' pages do not show in the upper half");
	for (i = 0; i < ARRAY_SIZE(high); i++) {
		ok(try_read(high[i], NULL) == NO_TRAP, "%lx is mapped", high[i]);
		bad += reaches(high[i] & LOW48);
	}
	same(0, bad, "neither the kernel's nor the gate's in the lower half");
	for (slot = 1; slot < 511; slot++) {
		u64 top = (slot | (slot & 256 ? 0xfe00 : 0)) << 48;

		bad += reaches(top | (low[0] & LOW48)) || reaches(top | (high[0] & LOW48));
	}
	same(0, bad, "nothing is mapped in the 510 slots between");
}

static void user_alias(void)
{
	int how;

	user_reset();
	how = user_run(BY_RET);
	ok(how == USER_TRAP(TRAP_PF) || how == USER_TRAP(TRAP_GP),
	   "ring 3 cannot execute its code at an address of the upper half (%x)", how);
}

void test(void)
{
	user_init(code_alias, code_alias_end);
	other_half();
	user_alias();
}
