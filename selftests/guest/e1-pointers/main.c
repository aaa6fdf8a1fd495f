// SPDX-License-Identifier: GPL-2.0
/*
 * E1 (XSA-29, 212): pointers in hypercalls. There are none by design; what
 * looks like one is a number, and the returns' RSP is covered by d20.
 * Attack: every hypercall with addresses of the hypervisor, wrapping and
 * random ones in all six argument registers; entries of the argument page that name them.
 * Must happen: an error or a documented effect; no fault in ring 0; nothing of the
 * gate, the argument page, or the shared pages changes that the call does not document.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

static const u64 words[] = {
	0, 1, ~0UL, ~0UL - 7, 1UL << 63, PVHV_GATE_BASE, PVHV_GATE_BASE + 0x14000, PVHV_VCPU_VA,
	PVHV_ARG_VA, PVHV_ARG_VA + 0xff8, PVHV_P2M_VA, PVHV_M2P_VA, 0x7fffffffffffUL,
	0x800000000000UL, 0xffff7ffffffffff8UL, 0xffffffffc0000000UL, 0x1234567890abcdefUL,
};

static long call6(u64 nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	register u64 r10 asm("r10") = d;
	register u64 r8 asm("r8") = e;
	register u64 r9 asm("r9") = f;
	long ret = nr;

	asm volatile("syscall" : "+a"(ret)
		     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

/* Calls whose effect these words may have, legally, on this very test. */
static bool leave_out(u64 nr, u64 a)
{
	switch (nr) {
	case PVHV_HC_SCHED:
		return true;		/* sleeps, or ends */
	case PVHV_HC_SET_CALLBACK:
		return true;		/* d2 */
	case PVHV_HC_SET_TRAPS:
		return a == 1;
	case PVHV_HC_VCPU_OP:
		return true;		/* h1 */
	case PVHV_HC_MMU_OP:
		return false;
	}
	return false;
}

static bool result_ok(long ret)
{
	return ret >= -133;
}

void test(void)
{
	u64 nr, i, j, n = 0, bad = 0;

	for (nr = 0; nr <= PVHV_NR_HC + 2; nr++) {
		for (i = 0; i < ARRAY_SIZE(words); i++) {
			for (j = 0; j < ARRAY_SIZE(words); j++) {
				u64 w = words[j];
				long ret;

				if (leave_out(nr, words[i]))
					continue;
				arg_page[0] = w;
				arg_page[1] = words[i];
				ret = call6(nr, words[i], w, w, w, w, w);
				n++;
				if (!result_ok(ret) && nr != PVHV_HC_GET_DEBUGREG)
					bad++;
				hc_set_debugreg(7, 0x400);
			}
		}
	}
	timer_set(~0UL);
	hypercall(PVHV_HC_SET_XCR0, start_info->xcr0, 0, 0);
	for (i = 0; i < 3; i++)
		hypercall(PVHV_HC_SET_TLS, i, 0, 0);
	same(0, bad, "%lu calls with hostile words: results, or errors", n);
	/* entries of a batch at such addresses */
	for (i = 0; i < ARRAY_SIZE(words); i++)
		for (j = 0; j < ARRAY_SIZE(words); j++)
			bad += hc_mmu_update(words[i] & ~7UL, words[j]) == 0;
	same(0, bad, "MMU_UPDATE of such machine addresses: refused");
	same(TRAP_UD, TRY("ud2"), "exceptions still arrive");
}
