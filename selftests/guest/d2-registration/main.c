// SPDX-License-Identifier: GPL-2.0
/*
 * D2: addresses that the hypervisor will use later.
 * Attack: every entry point, handler, stack and base with non-canonical,
 * lower-half and hypervisor addresses; wrong vectors, flags, counts.
 * Must happen: -EINVAL at the registration, nothing set.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"

static const u64 bad_kernel[] = {
	0x1000, 0x7fffffffffffUL, 0x800000000000UL, 1UL << 63, 0xffff7fffffffffffUL, PVHV_GATE_BASE,
	PVHV_VCPU_VA, PVHV_P2M_VA, PVHV_SHARED_VA, PVHV_M2P_VA, 0xffff87ffffffffffUL,
	0xffff87fffffffff0UL, 1UL << 48, 0x8000ffffffffffffUL,
};

/* The last three are addresses where page tables have five levels. */
static const u64 bad_base[] = {
	1UL << 63, 0x7fffffffffffffffUL, 1UL << 56, 0xfeffffffffffffffUL,
	0x800000000000UL, 0xffff7fffffffffffUL, 1UL << 48,
};

static u64 count_bad_bases(void)
{
	return ARRAY_SIZE(bad_base) - (try_read(0x800000000000UL, NULL) == TRAP_PF ? 3 : 0);
}

static void callbacks(void)
{
	u64 which, i, bad = 0;

	for (which = 0; which < PVHV_NR_CB; which++)
		for (i = 0; i < ARRAY_SIZE(bad_kernel); i++)
			bad += hc_set_callback(which, bad_kernel[i]) != -EINVAL;
	same(0, bad, "entry points at bad addresses");
	for (which = PVHV_NR_CB; which < 4096; which++)
		bad += hc_set_callback(which, (u64)ret_rip) != -EINVAL;
	for (i = 3; i < 64; i++)
		bad += hc_set_callback(1UL << i, (u64)ret_rip) != -EINVAL;
	same(0, bad, "entry points that do not exist");
	for (i = 0; i < ARRAY_SIZE(bad_kernel); i++)
		bad += hypercall(PVHV_HC_SET_DF_STACK, bad_kernel[i], 0, 0) != -EINVAL;
	same(0, bad, "stacks for #DF at bad addresses");
	for (i = 0; i < count_bad_bases(); i++)
		bad += hypercall(PVHV_HC_SET_KERNEL_GS, bad_base[i], 0, 0) != -EINVAL;
	same(0, bad, "GS bases that are not canonical");
}

static long set_trap(u8 vector, u8 flags, u64 rip, u16 pad0, u32 pad1)
{
	struct pvhv_trap_info t = { .vector = vector, .flags = flags, .rip = rip,
				    .pad0 = pad0, .pad1 = pad1 };

	memcpy((void *)PVHV_ARG_VA, &t, sizeof(t));
	return hypercall(PVHV_HC_SET_TRAPS, 1, 0, 0);
}

static void traps(void)
{
	u64 rip = (u64)trap_stubs, i, bad = 0;

	for (i = 0; i < ARRAY_SIZE(bad_kernel); i++)
		bad += set_trap(0, 0, bad_kernel[i], 0, 0) != -EINVAL;
	same(0, bad, "handlers at bad addresses");
	same((u64)-EINVAL, set_trap(2, 0, rip, 0, 0), "NMI is not the guest's");
	same((u64)-EINVAL, set_trap(18, 0, rip, 0, 0), "nor #MC");
	for (i = 32; i < 256; i++)
		bad += i != 0x80 && set_trap(i, 0, rip, 0, 0) != -EINVAL;
	same(0, bad, "nor are interrupt vectors");
	for (i = 0; i < 8; i++)
		bad += i > 1 && set_trap(6, 1 << i, rip, 0, 0) != -EINVAL;
	same(0, bad, "unknown flags");
	same((u64)-EINVAL, set_trap(6, PVHV_TRAP_DPL3, rip, 0, 0), "#UD cannot be opened for INT n");
	same((u64)-EINVAL, set_trap(14, PVHV_TRAP_DPL3, rip, 0, 0), "nor #PF");
	for (i = 0; i < 16; i++)
		bad += set_trap(6, 0, rip, 1 << i, 0) != -EINVAL;
	for (i = 0; i < 32; i++)
		bad += set_trap(6, 0, rip, 0, 1U << i) != -EINVAL;
	same(0, bad, "padding that is not zero");
	for (i = 257; i < 4096; i++)
		bad += hypercall(PVHV_HC_SET_TRAPS, i, 0, 0) != -EINVAL;
	for (i = 9; i < 64; i++)
		bad += hypercall(PVHV_HC_SET_TRAPS, 1UL << i, 0, 0) != -EINVAL;
	same(0, bad, "counts that are too large");
	same(TRAP_UD, TRY("ud2"), "the handlers are still there");
}

/* One bad entry behind good ones: none of them is set. */
static void atomic(void)
{
	struct pvhv_trap_info *t = (void *)PVHV_ARG_VA;

	t[0] = (struct pvhv_trap_info){ .vector = 6, .rip = 0 };
	t[1] = (struct pvhv_trap_info){ .vector = 2, .rip = (u64)trap_stubs };
	same((u64)-EINVAL, hypercall(PVHV_HC_SET_TRAPS, 2, 0, 0), "a table with one bad entry");
	same(TRAP_UD, TRY("ud2"), "sets none");
}

/* sp0 and user_gs_base lie in the vCPU page: used later, checked then. */
static void others(void)
{
	u64 i, bad = 0;

	for (i = 32; i < 64; i++)
		bad += hypercall(PVHV_HC_SET_TSC_AUX, 1UL << i, 0, 0) != -EINVAL;
	same(0, bad, "TSC_AUX of more than 32 bits");
	same(0, hypercall(PVHV_HC_SET_TSC_AUX, 0x12345678, 0, 0), "TSC_AUX");
	for (i = 0; i < 8; i++)
		bad += hypercall(PVHV_HC_NOTIFY, i, 0, 0) != -EINVAL;
	for (i = PVHV_NR_PORTS; i < 4096; i++)
		bad += hypercall(PVHV_HC_NOTIFY, i, 0, 0) != -EINVAL;
	same(0, bad, "ports that cannot be notified");
	for (i = 0; i < 8; i++)
		bad += hypercall(PVHV_HC_BIND_PORT, i, 0, 0) != -EINVAL;
	for (i = start_info->nr_vcpus; i < 4096; i++)
		bad += hypercall(PVHV_HC_BIND_PORT, 8, i, 0) != -EINVAL;
	same(0, bad, "ports and vCPUs that cannot be bound");
	for (i = 0; i < 64; i++) {
		long ret = hypercall(PVHV_HC_SET_XCR0, 1UL << i, 0, 0);

		bad += ret != -EINVAL;
	}
	same(0, bad, "XCR0 without x87 and SSE");
	same((u64)-EINVAL, hypercall(PVHV_HC_SET_XCR0, ~0UL, 0, 0), "XCR0 with all bits");
	same(0, hypercall(PVHV_HC_SET_XCR0, 3, 0, 0), "XCR0 with those two");
	same(0, hypercall(PVHV_HC_SET_XCR0, start_info->xcr0, 0, 0), "all that start_info offers");
}

void test(void)
{
	callbacks();
	traps();
	atomic();
	others();
}
