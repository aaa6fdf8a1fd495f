// SPDX-License-Identifier: GPL-2.0
/*
 * Further vCPUs: see smp.h.
 * Side: guest.
 */
#include "smp.h"
#include "event.h"
#include "mm.h"
#include "string.h"
#include "trap.h"

volatile u64 smp_stop;
static volatile u64 smp_running;	/* a bit for each */
static u64 smp_started;
static void (*smp_fn[SMP_MAX + 1])(void);
static u8 smp_stack[SMP_MAX + 1][16384] __attribute__((aligned(16)));
static u8 smp_df_stack[SMP_MAX + 1][8192] __attribute__((aligned(16)));

extern const char smp_entry[];
void smp_main(void);

void smp_main(void)
{
	u32 me = vcpu_page->vcpu_id;

	trap_init();
	hypercall(PVHV_HC_SET_DF_STACK, (u64)smp_df_stack[me] + sizeof(smp_df_stack[me]), 0, 0);
	__atomic_fetch_or(&smp_running, 1UL << me, __ATOMIC_SEQ_CST);
	smp_fn[me]();
	__atomic_fetch_and(&smp_running, ~(1UL << me), __ATOMIC_SEQ_CST);
	for (;;)
		hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_DOWN, me, 0);
}

long smp_start(void (*fn)(void))
{
	smp_stop = 0;
	smp_started = 0;
	return smp_start_more(1, fn);
}

long smp_start_more(unsigned int vcpu, void (*fn)(void))
{
	struct pvhv_vcpu_init in = {
		.rip = (u64)smp_entry,
		.rsp = (u64)smp_stack[vcpu] + sizeof(smp_stack[vcpu]),
		.root_mfn = page_mfn(boot_root),
	};
	long ret;

	smp_fn[vcpu] = fn;
	memcpy((void *)PVHV_ARG_VA, &in, sizeof(in));
	ret = hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_INIT, vcpu, 0);
	if (!ret)
		ret = hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_UP, vcpu, 0);
	if (!ret)
		smp_started |= 1UL << vcpu;
	return ret;
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
	return wait_running(smp_started, ms);
}

bool smp_end(u64 ms)
{
	smp_stop = 1;
	return wait_running(0, ms);
}
