// SPDX-License-Identifier: GPL-2.0
/*
 * A8 (and D8, D9): breakpoints fire in ring 0, too.
 * Attack: DR0-3 on every part of the gate, at its edges with every length;
 * reserved and general-detect bits in DR7; MOV DR; and breakpoints on addresses of
 * the guest's own half where the hypervisor, in its own page tables, has text and data (the
 * command line tells where the module lies, as an attacker may have guessed).
 * Must happen: refused where they could reach the gate; elsewhere the core goes on, and the gate's
 * stack for #DB tells neither where there was something to hit, nor that there was.
 * Side: guest.
 */
#include "event.h"
#include "gate.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define DR7_EXEC_ALL	0x4ffUL		/* four execution breakpoints */
#define MODULE_SPAN	0x20000UL
#define UNTOUCHED	0x5a5aUL
#define DB_RIP		40		/* below the top of the stack for #DB */
#define DR7_RW_ALL	0xffff04ffUL	/* four read-write ones of 4 bytes */

static void addresses(void)
{
	u64 a, n, bad = 0;

	for (n = 0; n < 4; n++) {
		for (a = PVHV_GATE_BASE; a < PVHV_GATE_BASE + 0x40000; a += 0x40)
			bad += hc_set_debugreg(n, a) != -EINVAL;
		for (a = 0; a < 16UL << 39; a += 1UL << 30)
			bad += hc_set_debugreg(n, PVHV_GATE_BASE + a) != -EINVAL;
	}
	same(0, bad, "no breakpoint in the hypervisor's slots");
	for (a = 0; a < 64; a++)
		bad += hc_set_debugreg(0, 0x800000000000UL << (a % 16) | 1UL << 63) == 0 &&
		       a % 16 != 15;
	same((u64)-EINVAL, hc_set_debugreg(0, 0xffff87ffffffffffUL), "the last byte of slot 271");
	same((u64)-EINVAL, hc_set_debugreg(0, 0xffff800000000000UL - 1), "non-canonical below the gate");
	same((u64)-EINVAL, hc_set_debugreg(0, 0x800000000000UL), "non-canonical above the lower half");
	same(0, hc_set_debugreg(0, 0xffff880000000000UL), "the first byte behind slot 271 is the guest's");
	same(0, hc_set_debugreg(0, 0x7ffffffffff8UL), "so is the last word of the lower half");
}

static void control(void)
{
	u64 bit, bad = 0;

	same((u64)-EINVAL, hc_set_debugreg(7, 1UL << 13), "general detect (DR7.GD) is refused");
	for (bit = 0; bit < 64; bit++) {
		long ret = hc_set_debugreg(7, 1UL << bit);

		if (ret && ret != -EINVAL)
			bad++;
		if (bit >= 32 && ret != -EINVAL)
			bad++;
		hc_set_debugreg(7, 0x400);
	}
	same(0, bad, "reserved bits of DR7 are refused");
	same((u64)-EINVAL, hc_set_debugreg(6, 1UL << 32), "reserved bits of DR6 are refused");
	same((u64)-EINVAL, hc_set_debugreg(4, 0), "there is no DR4");
	same((u64)-EINVAL, hc_set_debugreg(5, 0), "there is no DR5");
	for (bit = 8; bit < 4096; bit++)
		bad += hc_set_debugreg(bit, 0) != -EINVAL;
	same(0, bad, "nor any higher one");
	same(TRAP_GP, TRY_("mov %0, %%db0", L_(), "r"(PVHV_GATE_BASE)), "MOV DR0 gives #GP");
	same(TRAP_GP, TRY_("mov %0, %%db7", L_(), "r"(0x401UL)), "MOV DR7 gives #GP");
}

/* Our own code may be among them: go on behind it. */
static bool take_db(struct trap_frame *f)
{
	if (f->vector != TRAP_DB)
		return false;
	f->rflags |= FLAGS_RF;
	return true;
}

/* All four registers near an address, armed one way, then some exits. */
static void arm(u64 a, u64 dr7)
{
	u64 n;

	for (n = 0; n < 4; n++)
		if (hc_set_debugreg(n, a + 8 * n))
			return;
	hc_set_debugreg(7, dr7);
	hc_sched(PVHV_SCHED_YIELD, 0);
	TRY("ud2");
	hc_set_debugreg(7, 0x400);
}

static bool own(u64 va)
{
	u64 size = start_info->nr_pages * PAGE;

	return va - PVHV_DIRECTMAP_VA < size || va - PVHV_KERNMAP_VA < size;
}

/* What the guest can find in the gate's constants: addresses that ring 0 uses. */
static void leaked_addresses(void)
{
	u64 o, val, n = 0;

	for (o = 0x10000; o < 0x33000; o += 8) {
		if (try_read(PVHV_GATE_BASE + o, &val) != NO_TRAP)
			continue;
		if (val >> 47 != 0x1ffff || own(val) || hc_set_debugreg(0, val))
			continue;
		arm(val & ~7UL, DR7_RW_ALL);
		arm(val, DR7_EXEC_ALL);
		n++;
	}
	ok(true, "breakpoints on %lu addresses found in the gate: the core goes on", n);
}

static u64 parse_hex(const char *s)
{
	u64 v = 0;

	for (; *s; s++)
		v = v << 4 | (*s <= '9' ? *s - '0' : *s - 'a' + 10);
	return v;
}

/* The hypervisor's functions, as they are aligned, armed for execution. */
static void module_text(void)
{
	u64 base = parse_hex(start_info->cmdline), a, n, word, leaks = 0, hits = 0;

	ok(base >> 31 == 0x1ffffffff, "the module is at %lx", base);
	for (a = base; a < base + MODULE_SPAN; a += 64) {
		for (n = 0; n < 4; n++)
			hc_set_debugreg(n, a + 16 * n);
		gate_write(GATE_DB_TOP - DB_RIP, UNTOUCHED);
		hc_set_debugreg(7, DR7_EXEC_ALL);
		hc_sched(PVHV_SCHED_YIELD, 0);
		TRY("ud2");
		word = gate_read(GATE_DB_TOP - DB_RIP);
		leaks += gate_foreign(word);
		hits += word != UNTOUCHED && !own(word);
		hc_set_debugreg(7, 0x400);
	}
	ok(true, "breakpoints on all its functions: the core goes on");
	same(0, leaks, "none shows in the gate where it was hit");
	same(0, hits, "nor that it was");
	same(0, gate_look(), "nor is any other address of the hypervisor there");
}

void test(void)
{
	addresses();
	control();
	trap_hook = take_db;
	leaked_addresses();
	module_text();
}
