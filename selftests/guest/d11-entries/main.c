// SPDX-License-Identifier: GPL-2.0
/*
 * D11 (XSA-259, 446): one forgotten way into ring 0 is enough.
 * Attack: INT n for all 256 vectors from ring 1, ring 3 and 32-bit ring 3;
 * SYSCALL, SYSENTER, INT3, ICEBP, INTO, far calls, from each of them.
 * Must happen: each lands on the guest's handler for it, or is #GP or #UD there.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

static u8 *code_page_k;

static bool one_of(u64 vector, u64 a, u64 b)
{
	return vector == a || vector == b;
}

/* IDT index with the IDT bit; QEMU's TCG counts in 16 bytes where the CPU counts in 8. */
static bool error_ok(u64 n)
{
	return trap_last.error == n * 8 + 2 || trap_last.error == n * 16 + 2;
}

/* INT n; RET.  An exception leaves it. */
static void ring1(void)
{
	u64 n, bad = 0;

	code_page_k = page_alloc();
	map_page(0x100000000000UL, code_page_k, PTE_KERN);
	code_page_k[0] = 0xcd;
	code_page_k[2] = 0xc3;
	for (n = 0; n < 256; n++) {
		u64 want = n == 3 || n == 4 || n == 0x80 ? n : TRAP_GP;
		u64 got;

		code_page_k[1] = n;
		got = trap_try((void *)0x100000000000UL, 0, 0, 0);
		if (got != want || (want == TRAP_GP && !error_ok(n))) {
			bad++;
			note("INT %lu: vector %lu error %lx", n, got, trap_last.error);
		}
	}
	same(0, bad, "INT 0-255 from ring 1: 3, 4, 0x80 arrive, the others give #GP(n)");
	ok(one_of(TRY(".byte 0xf1"), TRAP_DB, TRAP_UD), "ICEBP from ring 1: #DB (TCG: #UD)");
	ok(one_of(TRY("sysenter"), TRAP_GP, TRAP_UD), "SYSENTER from ring 1: refused");
	ok(one_of(TRY("sysretq"), TRAP_GP, TRAP_UD), "SYSRET from ring 1: refused");
	ok(one_of(TRY("sysexit"), TRAP_GP, TRAP_UD), "SYSEXIT from ring 1: refused");
}

static u64 user_ints(u64 cs)
{
	u8 code[2] = { 0xcd, 0 };
	u64 n, bad = 0;

	for (n = 0; n < 256; n++) {
		int want = USER_TRAP(n == 3 || n == 4 || n == 0x80 ? n : TRAP_GP);
		int ret;

		code[1] = n;
		user_init(code, code + 2);
		user_regs.cs = cs;
		ret = user_run(BY_RET);
		if (ret != want || (want == USER_TRAP(TRAP_GP) && !error_ok(n))) {
			bad++;
			note("INT %lu: %x error %lx", n, ret, trap_last.error);
		}
	}
	return bad;
}

static int user_bytes(u64 cs, const char *bytes, unsigned int len)
{
	user_init(bytes, bytes + len);
	user_regs.cs = cs;
	user_regs.rflags |= 0x800;	/* OF, for INTO */
	return user_run(BY_RET);
}

static bool trap_is(int ret, int a, int b)
{
	return ret == USER_TRAP(a) || ret == USER_TRAP(b);
}

static void ring3(u64 cs, const char *what)
{
	bool is32 = cs == PVHV_USER32_CS;
	int ret;

	same(0, user_ints(cs), "INT 0-255 from %s: 3, 4, 0x80 arrive, the others give #GP(n)", what);
	ret = user_bytes(cs, "\x0f\x34", 2);
	ok(trap_is(ret, TRAP_GP, TRAP_UD), "%s: SYSENTER is #GP: %x", what, ret);
	ret = user_bytes(cs, "\x0f\x05", 2);
	ok(is32 ? ret == USER_SYSCALL32 || ret == USER_TRAP(TRAP_UD) : ret == USER_SYSCALL,
	   "%s: SYSCALL: %x", what, ret);
	ret = user_bytes(cs, "\x0f\x07", 2);
	ok(trap_is(ret, TRAP_GP, TRAP_UD), "%s: SYSRET is #GP: %x", what, ret);
	ret = user_bytes(cs, "\xf1", 1);
	ok(trap_is(ret, TRAP_DB, TRAP_UD), "%s: ICEBP is #DB (TCG: #UD): %x", what, ret);
	ret = user_bytes(cs, "\xce", 1);
	ok(trap_is(ret, 4, is32 ? 4 : TRAP_UD), "%s: INTO is %s: %x", what,
	   is32 ? "#OF" : "#UD (TCG from 9.1 on: #OF)", ret);
	ret = user_bytes(cs, "\x0f\x01\xc1", 3);
	ok(trap_is(ret, TRAP_UD, TRAP_UD), "%s: VMCALL is #UD: %x", what, ret);
	ret = user_bytes(cs, "\x0f\x01\xd9", 3);
	ok(trap_is(ret, TRAP_UD, TRAP_GP), "%s: VMMCALL is refused: %x", what, ret);
}

/* A vector that is not opened: #GP at the instruction, however long that is. */
static void closed(u64 cs, const char *what)
{
	static const struct {
		char bytes[2];
		u8 len, vector;
	} c[] = {
		{ "\xcc", 1, 3 }, { "\xcd\x03", 2, 3 }, { "\xce", 1, 4 }, { "\xcd\x04", 2, 4 }, { "\xcd\x80", 2, 0x80 },
	};
	unsigned int i;

	trap_set(3, 0, (u64)trap_stubs + 16 * 3);
	trap_set(4, 0, (u64)trap_stubs + 16 * 4);
	trap_set(0x80, 0, (u64)trap_stub_80);
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		int ret;

		if (c[i].bytes[0] == '\xce' && cs != PVHV_USER32_CS)
			continue;
		ret = user_bytes(cs, c[i].bytes, c[i].len);
		ok(ret == USER_TRAP(TRAP_GP) && user_regs.rip == USER_CODE && trap_last.error == c[i].vector * 8UL + 2,
		   "%s: a closed vector %u by %u bytes: #GP at the instruction: %x at %lx", what, c[i].vector,
		   c[i].len, ret, (u64)user_regs.rip);
	}
	trap_init();
}

void test(void)
{
	ring1();
	ring3(PVHV_USER_CS, "ring 3");
	ring3(PVHV_USER32_CS, "32-bit ring 3");
	closed(PVHV_USER_CS, "ring 3");
	closed(PVHV_USER32_CS, "32-bit ring 3");
}
