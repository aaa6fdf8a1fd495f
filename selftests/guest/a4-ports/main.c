// SPDX-License-Identifier: GPL-2.0
/*
 * A4: an I/O bitmap inside the TSS would open the host's ports to ring 1 and 3.
 * Attack: IN and OUT on all 65,536 ports, in all widths, from ring 1 and ring 3.
 * Must happen: ring 3 gets #GP each time; ring 1's IN reads all ones and its OUT
 * goes nowhere (emulated); string instructions give #GP.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

USER_ASM(code_in, "inb %dx, %al");
USER_ASM(code_out, "outb %al, %dx");
USER_ASM(code_inl, "inl %dx, %eax");
USER_ASM(code_imm, "inb $0x60, %al");

static void kernel(void)
{
	u64 port, bad = 0, where = (u64)start_info;
	u32 a;

	for (port = 0; port < 65536; port++) {
		a = 0x12345600;
		if (TRY_("inb %%dx, %%al", "+a"(a), "d"(port)) != NO_TRAP || a != 0x123456ff)
			bad++;
	}
	same(0, bad, "ring 1 reads all ones from 65,536 ports");
	for (port = 0; port < 65536; port += 7) {
		a = 0x12340000;
		if (TRY_("inw %%dx, %%ax", "+a"(a), "d"(port)) != NO_TRAP || a != 0x1234ffff)
			bad++;
		a = 0;
		if (TRY_("inl %%dx, %%eax", "+a"(a), "d"(port)) != NO_TRAP || a != ~0U)
			bad++;
	}
	same(0, bad, "also by words and long words");
	for (port = 0; port < 65536; port++)
		if (TRY_("outb %%al, %%dx", L_(), L_("a"(0xfe), "d"(port))) != NO_TRAP)
			bad++;
	same(0, bad, "what ring 1 writes to them goes nowhere (the reset ports are among them)");
	a = 0;
	same(NO_TRAP, TRY_("inb $0x64, %%al", "+a"(a), L_()), "IN with an immediate port");
	same(0xff, a, "reads all ones, too");
	same(NO_TRAP, TRY_("outb %%al, $0x64", L_(), "a"(0xfe)), "OUT with an immediate port");
	same(TRAP_GP, TRY_("insb", "+D"(where), "d"(0x60)), "INS gives #GP");
	same(TRAP_GP, TRY_("outsb", "+S"(where), "d"(0x60)), "OUTS gives #GP");
}

static u64 user_sweep(const void *from, const void *to, u64 step)
{
	u64 port, bad = 0;

	user_init(from, to);
	for (port = 0; port < 65536; port += step) {
		user_reset();
		user_regs.rdx = port;
		user_regs.rax = 0xfe;
		if (user_run(BY_SYSRET) != USER_TRAP(TRAP_GP) || user_regs.rip != USER_CODE ||
		    user_regs.rax != 0xfe)
			bad++;
	}
	return bad;
}

void test(void)
{
	kernel();
	same(0, user_sweep(code_in, code_in_end, 1), "ring 3: #GP for IN from each port");
	same(0, user_sweep(code_out, code_out_end, 1), "ring 3: #GP for OUT to each port");
	same(0, user_sweep(code_inl, code_inl_end, 13), "ring 3: #GP for IN of long words");
	same(0, user_sweep(code_imm, code_imm_end, 65536), "ring 3: #GP for an immediate port");
}
