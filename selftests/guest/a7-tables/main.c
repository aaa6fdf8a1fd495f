// SPDX-License-Identifier: GPL-2.0
/*
 * A7: where are the descriptor tables, and can they be changed?
 * Attack: SGDT, SIDT, SLDT, STR, SMSW; loads of them; writes to them where they lie.
 * Must happen: #GP, or on a CPU without UMIP addresses in the gate; writes fault; what can be
 * read has no address of the hypervisor or the host.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

#define GATE_PAGES	0x33

USER_ASM(code_sgdt, "sgdt -16(%rsp)\n syscall");
USER_ASM(code_sidt, "sidt -16(%rsp)\n syscall");
USER_ASM(code_str, "str %eax\n syscall");
USER_ASM(code_sldt, "sldt %eax\n syscall");
USER_ASM(code_smsw, "smsw %eax\n syscall");

static bool has_umip(void)
{
	u32 a = 7, b, c = 0, d;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return c & 1 << 2;
}

static void stored(u64 vec, bool harmless, const char *what)
{
	ok(vec == TRAP_GP || (!has_umip() && vec == NO_TRAP && harmless), "%s: #GP, or harmless: vector %ld",
	   what, vec);
}

static void store(void)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) t = { 0, 0 };
	u64 val, vec;

	vec = TRY_("sgdt %0", "=m"(t), L_());
	stored(vec, t.base >> 39 == PVHV_GATE_BASE >> 39, "SGDT");
	vec = TRY_("sidt %0", "=m"(t), L_());
	stored(vec, t.base >> 39 == PVHV_GATE_BASE >> 39, "SIDT");
	vec = TRY_("sldt %0", "=r"(val), L_());
	stored(vec, !(val & 0xffff), "SLDT");
	vec = TRY_("str %0", "=r"(val), L_());
	stored(vec, true, "STR");
}

static void load(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) t = { 0xffff, 0 };
	u16 sel;

	same(TRAP_GP, TRY_("lgdt %0", L_(), "m"(t)), "LGDT gives #GP");
	same(TRAP_GP, TRY_("lidt %0", L_(), "m"(t)), "LIDT gives #GP");
	same(TRAP_GP, TRY_("lldt %w0", L_(), "r"(0)), "LLDT gives #GP");
	same(TRAP_GP, TRY_("ltr %w0", L_(), "r"(0x40)), "LTR gives #GP");
	for (sel = 0x40; sel <= 0x88; sel += 0x48)
		same(TRAP_GP, TRY_("mov %w0, %%ds", L_(), "r"((u32)sel)), "DS cannot be %x", sel);
	same(TRAP_GP, TRY_("mov %w0, %%ss", L_(), "r"(0x88)), "SS cannot be the hypervisor's");
}

static void far_jump(u64 sel, u64 b, u64 c)
{
	asm volatile("pushq %0\n\tpushq $1f\n\tlretq\n1:" : : "r"(sel));
}

static void selectors(void)
{
	u64 sel, bad = 0;

	for (sel = 0; sel < 0x100; sel++) {
		u64 vec;

		if ((sel & ~3UL) == (PVHV_KERNEL_CS & ~3) || (sel & 3) == 3)
			continue;
		vec = trap_try(far_jump, sel, 0, 0);
		if (vec == NO_TRAP || (sel && (trap_last.frame.cs & 3) == 3))
			bad++;
	}
	same(0, bad, "no far return to any other code segment");
}

static void writes(void)
{
	u64 page, i, bad = 0;

	for (page = 0x10; page < 0x15; page++)
		for (i = 0; i < PAGE; i += 8)
			bad += TRY_("lock orq $0, (%0)", L_(),
				    "r"(PVHV_GATE_BASE + page * PAGE + i)) == NO_TRAP;
	same(0, bad, "IDT, GDT, TSS and constants cannot be written");
}

/* Words that look like an address of a kernel, but of the gate itself. */
static void secrets(void)
{
	u64 page, i, val, found = 0, where = 0, what = 0;

	for (page = 0x10; page < GATE_PAGES; page++) {
		if (page == 0x30 || page == 0x31)
			continue;
		for (i = 0; i < PAGE; i += 8) {
			u64 va = PVHV_GATE_BASE + page * PAGE + i;

			/* small negative numbers are none */
			if (try_read(va, &val) != NO_TRAP || val >> 47 != 0x1ffff || val > -PAGE)
				continue;
			if (val < PVHV_DIRECTMAP_VA ||
			    val < PVHV_DIRECTMAP_VA + start_info->nr_pages * PAGE ||
			    (val >= PVHV_KERNMAP_VA && val < PVHV_KERNMAP_VA + start_info->nr_pages * PAGE))
				continue;
			found++;
			where = va;
			what = val;
		}
	}
	if (!same(0, found, "no address of the hypervisor or the host can be read in the gate"))
		note("for instance at %lx: %lx", where, what);
}

static void user(const void *from, const void *to, const char *what)
{
	int ret;

	user_init(from, to);
	ret = user_run(BY_RET);
	ok(ret == USER_TRAP(TRAP_GP) || (!has_umip() && ret == USER_SYSCALL), "%s in ring 3: %x", what, ret);
}

void test(void)
{
	store();
	load();
	selectors();
	writes();
	secrets();
	user(code_sgdt, code_sgdt_end, "SGDT");
	user(code_sidt, code_sidt_end, "SIDT");
	user(code_str, code_str_end, "STR");
	user(code_sldt, code_sldt_end, "SLDT");
	user(code_smsw, code_smsw_end, "SMSW");
}
