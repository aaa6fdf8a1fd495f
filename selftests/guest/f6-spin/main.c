// SPDX-License-Identifier: GPL-2.0
/*
 * F6: a loop with the virtual IF off.
 * Attack: spins in ring 1 with events masked, in ring 3, in exceptions, in hypercalls, on all its vCPUs, as many
 * as there are cores.
 * Must happen: the real timer preempts it, the other guest on the core gets its share, and the
 * guest can be ended.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "smp.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

USER_ASM(code_spin, "1: jmp 1b");

static bool variant_hypercall;

static bool same_again(struct trap_frame *f)
{
	return true;
}

static void __attribute__((noreturn)) spin(void)
{
	events_off();
	for (;;)
		if (variant_hypercall)
			hypercall(99, 0, 0, 0);
		else
			asm volatile("");
}

static void __attribute__((noreturn)) for_ever(void)
{
	tap_plan();
	if (variant("kernel") || variant_hypercall)
		spin();
	events_off();
	if (variant("fault")) {
		trap_hook = same_again;
		asm volatile("ud2");
	}
	if (variant("user")) {
		user_init(code_spin, code_spin_end);
		for (;;)
			user_enter(BY_RET);
	}
	guest_panic("no such variant");
}

void test(void)
{
	variant_hypercall = variant("hypercall");
	same(0, smp_start(spin), "vCPU 1 spins with the virtual IF off");
	ok(smp_wait(5000), "on another core");
	for_ever();
}
