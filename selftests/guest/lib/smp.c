// SPDX-License-Identifier: GPL-2.0
/*
 * The second vCPU: see smp.h.
 * Side: guest.
 */
#include "smp.h"
#include "event.h"
#include "mm.h"
#include "string.h"
#include "trap.h"

volatile u64 smp_running, smp_stop;
static void (*smp_fn)(void);
static u8 smp_stack[16384] __attribute__((aligned(16)));
static u8 smp_df_stack[8192] __attribute__((aligned(16)));

extern const char smp_entry[];
void smp_main(void);

void smp_main(void)
{
	trap_init();
	hypercall(PVHV_HC_SET_DF_STACK, (u64)smp_df_stack + sizeof(smp_df_stack), 0, 0);
	smp_running = 1;
	smp_fn();
	smp_running = 0;
	for (;;)
		hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_DOWN, 1, 0);
}

long smp_start(void (*fn)(void))
{
	struct pvhv_vcpu_init in = {
		.rip = (u64)smp_entry,
		.rsp = (u64)smp_stack + sizeof(smp_stack),
		.root_mfn = page_mfn(boot_root),
	};
	long ret;

	smp_fn = fn;
	smp_stop = 0;
	memcpy((void *)PVHV_ARG_VA, &in, sizeof(in));
	ret = hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_INIT, 1, 0);
	if (ret)
		return ret;
	return hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_UP, 1, 0);
}

static bool wait_running(u64 want, u64 ms)
{
	u64 end = rdtsc() + ms * ticks_per_ms();

	while (smp_running != want) {
		if (rdtsc() > end)
			return false;
		hc_sched(PVHV_SCHED_YIELD, 0);
	}
	return true;
}

bool smp_wait(u64 ms)
{
	return wait_running(1, ms);
}

bool smp_end(u64 ms)
{
	smp_stop = 1;
	return wait_running(0, ms);
}
