// SPDX-License-Identifier: GPL-2.0
/*
 * H5: exceptions that cannot be delivered at all.
 * Attack: #GP, #PF, #UD, #DF with no handlers; with handlers but no stack for
 * them nor for #DF; handlers at addresses that fault; a user GS base that is not canonical.
 * Must happen: this guest is killed, with the reason; the core goes on.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

USER_ASM(code, "ud2");

static void __attribute__((noreturn)) die_without_handlers(void)
{
	trap_remove_all();
	if (variant("none-gp"))
		asm volatile("hlt");
	if (variant("none-pf"))
		asm volatile("movq (8), %%rax" : : : "rax");
	if (variant("none-ud"))
		asm volatile("ud2");
	if (variant("none-user"))
		user_enter(BY_RET);
	asm volatile("int $0x80");
	__builtin_unreachable();
}

static void die(void)
{
	if (variant("stack")) {
		hypercall(PVHV_HC_SET_DF_STACK, 0xffffc90000000000UL, 0, 0);
		asm volatile("movq $0x10, %rsp\n\tud2");
	}
	if (variant("handler")) {
		trap_set(TRAP_UD, 0, 0xffffc90000000000UL);
		trap_set(TRAP_PF, 0, 0xffffc90000000000UL);
		trap_set(TRAP_DF, 0, 0);
		/* each fault of the handler needs 48 more bytes of stack, until it ends */
		asm volatile("ud2");
	}
	if (variant("user-gs")) {
		/* an event pending: the return is left to C, whatever the CPU thinks of the address */
		vcpu_page->user_gs_base = 1UL << 63;
		events_off();
		hypercall(PVHV_HC_SEND_IPI, 1, PVHV_PORT_KICK, 0);
		user_enter(BY_RET);
	}
	die_without_handlers();
}

void test(void)
{
	user_init(code, code_end);
	ok(true, "about to die");
	tap_plan();
	die();
	guest_panic("it survived");
}
