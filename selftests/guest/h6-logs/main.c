// SPDX-License-Identifier: GPL-2.0
/*
 * H6: unlimited logging.
 * Attack: everything that makes the hypervisor write a line, and every refused
 * operation, at full speed.
 * Must happen: at most 10 lines in 5 s in the host's log (counted by the runner).
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

static void bad_stack(u64 rsp, u64 b, u64 c)
{
	asm volatile("movq %0, %%rsp\n\tud2" : : "r"(rsp));
}

void test(void)
{
	u64 end = rdtsc() + 6000 * ticks_per_ms(), n = 0, i;

	while (rdtsc() < end) {
		for (i = 0; i < 50; i++) {
			asm volatile("cli\n\tsti" : : : "memory");
			hypercall(~0UL - i, i, i, i);
			hc_update_va(PVHV_GATE_BASE, i);
			hc_mmu_op(PVHV_MMU_PIN, i);
			hc_mmu_op(PVHV_MMU_LOAD, i);
			hc_set_callback(99, i);
			hc_notify(PVHV_PORT_CONSOLE);
			hc_notify(200);
			trap_try(bad_stack, 0x1000, 0, 0);
			TRY_("rdmsr", L_(), "c"((u32)i), "rax", "rdx");
		}
		n += i;
	}
	ok(true, "%lu rounds of noise", n);
	same(1, vcpu_page->vif, "CLI and STI left the virtual IF alone");
}
