// SPDX-License-Identifier: GPL-2.0
/*
 * D14: call gates, code of other rings, system segments in the guest's descriptors.
 * Attack: all 65,536 patterns of type, DPL, P, limit, flags in the TLS slots; then
 * loads of them into DS, ES, FS, GS, SS, CS; slots changed while they are loaded.
 * Must happen: only data and 32-bit code of DPL 3 are taken; loading them later,
 * also by the hypervisor's switch to another guest, does no harm.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

#define SEL(i)	((PVHV_TLS_FIRST + (i)) << 3 | 3)

USER_ASM(code_load, "movw %ax, %ds\n movw %ax, %es\n movw %ax, %fs\n movw %ax, %gs\n syscall");

static long set_tls(u64 i, u64 desc)
{
	return hypercall(PVHV_HC_SET_TLS, i, desc, 0);
}

/* 16 bits of pattern: access byte, and the byte of flags and high limit. */
static u64 descriptor(u64 pattern, u64 base)
{
	return 0xffffUL | (base & 0xffffff) << 16 | (pattern & 0xff) << 40 | (pattern >> 8) << 48 |
	       (base >> 24) << 56;
}

static bool allowed(u64 pattern)
{
	u64 access = pattern & 0xff, flags = pattern >> 12;

	if ((access & 0xf0) != 0xf0)		/* P, DPL 3, S */
		return false;
	if (access & 8)				/* code: not conforming, 32 bits */
		return !(access & 4) && !(flags & 2) && (flags & 4);
	return !(flags & 2);			/* data: L is reserved */
}

static void patterns(void)
{
	u64 p, taken_wrong = 0, refused_wrong = 0, taken = 0;

	for (p = 0; p < 65536; p++) {
		long ret = set_tls(p % 3, descriptor(p, 0x12345678));

		if (ret == 0 && !allowed(p))
			taken_wrong++;
		if (ret && allowed(p))
			refused_wrong++;
		taken += ret == 0;
	}
	same(0, taken_wrong, "65,536 patterns: only DPL-3 data and 32-bit code are taken");
	same(0, refused_wrong, "and all of these (%lu)", taken);
	same(0, set_tls(0, 0), "a slot can be emptied");
	for (p = 3; p < 4096; p++)
		taken_wrong += set_tls(p, 0) != -EINVAL;
	for (p = 2; p < 64; p++)
		taken_wrong += set_tls(1UL << p, 0) != -EINVAL;
	same(0, taken_wrong, "there are three slots");
}

/* Every kind that is taken, loaded by ring 3 where it can be. */
static void loads(void)
{
	u64 p, n = 0, bad = 0;

	user_init(code_load, code_load_end);
	for (p = 0; p < 65536; p++) {
		int ret;

		if (!allowed(p) || (p >> 8 & 0xf))
			continue;
		set_tls(1, descriptor(p, 0));
		user_reset();
		user_regs.rax = SEL(1);
		ret = user_run(BY_RET);
		bad += ret != USER_SYSCALL && ret != USER_TRAP(TRAP_GP);
		n++;
	}
	same(0, bad, "%lu kinds loaded into DS, ES, FS, GS: accepted or #GP", n);
}

/*
 * A selector stays loaded while its slot becomes something that cannot be
 * loaded as data; then this core must run somebody else and come back.
 */
static void switches(u64 desc, const char *what)
{
	u64 data = descriptor(0xcff3, 0), i;

	set_tls(2, data);
	user_init(code_load, code_load_end);
	user_regs.rax = SEL(2);
	same(USER_SYSCALL, user_run(BY_RET), "a data segment is loaded");
	same(0, set_tls(2, desc), "its slot becomes %s", what);
	for (i = 0; i < 20; i++) {
		u64 seen = event_count[PVHV_PORT_TIMER];

		timer_set(rdtsc() + 2 * ticks_per_ms());
		event_wait(PVHV_PORT_TIMER, seen, 1000);
		hc_sched(PVHV_SCHED_YIELD, 0);
	}
	ok(true, "the core switched to the other guest and back");
	asm volatile("movl %0, %%eax\n\tmovl %%eax, %%ds\n\tmovl %%eax, %%es\n\t"
		     "movl %%eax, %%fs\n\tmovl %%eax, %%gs" : : "i"(0) : "eax");
}

void test(void)
{
	patterns();
	loads();
	switches(0, "empty");
	switches(descriptor(0x40f9, 0), "code that cannot be read");
	switches(descriptor(0x40ff - 4, 0), "code that can be read");
	switches(descriptor(0x00f1, 0), "16-bit read-only data");
	switches(descriptor(0xc0f5, 0), "expand-down data");
}
