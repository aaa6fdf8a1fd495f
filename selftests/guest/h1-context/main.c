// SPDX-License-Identifier: GPL-2.0
/*
 * H1: vCPU contexts of random bytes.
 * Attack: VCPU_OP_INIT of the second vCPU with random registers and roots; RET and
 * SYSRET frames of random words; then (variant 'wild') a vCPU that starts at random addresses.
 * Must happen: refused, or harmless; at worst this guest is killed.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

#define SECONDS	6	/* each part */

static u64 seed = 0x9e3779b97f4a7c15UL;

static u64 random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Small numbers, kernel addresses, bits, all ones: what finds edges. */
static u64 word(void)
{
	u64 r = random();

	switch (r >> 60) {
	case 0: return 0;
	case 1: return ~0UL;
	case 2: return r & 0xff;
	case 3: return PVHV_GATE_BASE | (r & 0x3ffff);
	case 4: return PVHV_KERNMAP_VA | (r & 0x2fffff);
	case 5: return PVHV_DIRECTMAP_VA | (r & 0xffffff);
	case 6: return 1UL << (r & 63);
	case 7: return USER_CODE | (r & 0xfff);
	case 8: return 0x33;
	case 9: return 0x2b;
	case 10: return r & 0x3f;
	default: return r;
	}
}

/* Of an application, of the hypervisor, not canonical. */
static u64 bad_rip(void)
{
	u64 r = random();

	switch (r >> 61) {
	case 0: return r & 0x7fffffffffffUL;
	case 1: return PVHV_GATE_BASE | (r & ((1UL << 43) - 1));
	default: return r & ~(1UL << 63);
	}
}

/* All is good but one field, and what does not matter. */
static void one_bad(volatile struct pvhv_vcpu_init *in, u64 i, u64 good)
{
	in->rip = (u64)ret_insn;
	in->rsp = in->kernel_gs = 0;
	in->root_mfn = good;
	switch (i % 4) {
	case 0:
		in->rip = bad_rip();
		break;
	case 1:
		in->rsp = 1UL << 62 | random() >> 2;
		break;
	case 2:
		in->kernel_gs = 1UL << 62 | random() >> 2;
		break;
	default:
		in->root_mfn = random() >> (random() & 63);
		if (in->root_mfn == good)
			in->root_mfn = 0;
	}
}

static void init(void)
{
	volatile struct pvhv_vcpu_init *in = (void *)PVHV_ARG_VA;
	u64 i, j, good = page_mfn(boot_root), accepted = 0, bad = 0, end = rdtsc() + SECONDS * 1000 * ticks_per_ms();

	for (i = 0; rdtsc() < end; i++) {
		long ret;

		for (j = 0; j < 8; j++)
			arg_page[j] = word();
		one_bad(in, i, good);
		ret = hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_INIT, 1, 0);
		accepted += ret == 0;
		bad += ret > 0;
	}
	same(0, accepted, "%lu random contexts with a bad RIP, RSP, GS base or root: refused", i);
	same(0, bad, "with an error");
	for (i = 2; i < 4096; i++)
		bad += hypercall(PVHV_HC_VCPU_OP, i & 3, i, 0) != -EINVAL;
	for (i = 4; i < 4096; i++)
		bad += hypercall(PVHV_HC_VCPU_OP, i, 1, 0) != -EINVAL;
	same(0, bad, "other vCPUs and operations: -EINVAL");
	same((u64)-EINVAL, hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_UP, 1, 0), "UP without INIT: -EINVAL");
	same((u64)-EINVAL, hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_DOWN, 1, 0), "DOWN of another vCPU: -EINVAL");
	same(1, hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_IS_UP, 0, 0), "this vCPU is up");
	same(0, hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_IS_UP, 1, 0), "the other is not");
	memset((void *)PVHV_ARG_VA, 0, PAGE);
	in->rip = (u64)ret_insn;
	in->root_mfn = good;
	same((u64)-EBUSY, hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_INIT, 0, 0), "INIT of a running vCPU: -EBUSY");
}

static u64 frame[8];

static const void *user_stub;

/* As user_enter(), with a frame of our choice. */
static void enter_stub(u64 a, u64 b, u64 c)
{
	user_enter_frame(user_stub, frame);
}

/* An exception in ring 3 comes back through user_enter(); one in ring 1 through trap_try(). */
static bool enters_user(const void *insn)
{
	user_stub = insn;
	if (trap_try(enter_stub, 0, 0, 0) != NO_TRAP)
		return false;
	return true;
}

static void frames(void)
{
	u64 i, j, n = 0, end = rdtsc() + SECONDS * 1000 * ticks_per_ms();

	for (i = 0; rdtsc() < end; i++) {
		for (j = 0; j < 8; j++)
			frame[j] = word();
		n += enters_user(i & 1 ? ret_insn : sysret_insn);
		vcpu_page->sp0 = (u64)trap_stack_top;
		events_on();
	}
	ok(n, "%lu random RET and SYSRET frames, %lu entered ring 3", i, n);
}

static void wild(void)
{
	volatile struct pvhv_vcpu_init *in = (void *)PVHV_ARG_VA;
	u64 end;

	memset((void *)PVHV_ARG_VA, 0, PAGE);
	in->rip = 0xfffffffffffff000UL;
	in->rsp = 0x123;
	in->root_mfn = page_mfn(boot_root);
	in->kernel_gs = 0x7fffffffffffUL;
	same(0, hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_INIT, 1, 0), "INIT at a wild address");
	tap_plan();
	hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_UP, 1, 0);
	for (end = rdtsc() + 3000 * ticks_per_ms(); rdtsc() < end;)
		hc_sched(PVHV_SCHED_YIELD, 0);
	guest_panic("it runs there");
}

void test(void)
{
	static const u8 code[] = { 0x0f, 0x0b };

	user_init(code, code + 2);
	if (variant("wild")) {
		wild();
		return;
	}
	init();
	frames();
}
