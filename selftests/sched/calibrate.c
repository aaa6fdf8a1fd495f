// SPDX-License-Identifier: GPL-2.0
/* arch/x86/apic.c as it is, on a processor whose time stands in a variable: what comes between two readings. */
#include "fake.h"

/* in place of kmod/arch/x86/asm.h */
#define PVHV_ASM_H
#define MSR_APIC_BASE_	0x1b
#define rdtsc_ordered_	apic_tsc
#define apic_send	apic_send_real
#define apic_timer	apic_timer_real

#define X2APIC_TMICT	0x838
#define X2APIC_TMCCT	0x839
#define RATIO		8	/* TSC ticks of one of the timer */

static u64 now, started, initial;
/* The processor is away for so long before the step of that number. */
static u64 steps, away_at, away;

static void step(void)
{
	now += steps++ == away_at ? away : 30;
}

static u64 apic_tsc(void)
{
	step();
	return now;
}

static u64 rdmsr(u32 msr)
{
	u64 gone;

	step();
	if (msr != X2APIC_TMCCT)
		return 0;
	gone = (now - started) / RATIO;
	return gone < initial ? initial - gone : 0;
}

static void wrmsr(u32 msr, u64 val)
{
	step();
	if (msr != X2APIC_TMICT)
		return;
	started = now;
	initial = val;
}

static void cpu_pause(void)
{
}

#include "../../kmod/arch/x86/apic.c"

static void calibrate(u64 at, u64 time)
{
	double got;

	steps = 0;
	away_at = at;
	away = time;
	apic_init(fake_core);
	got = fake_core->apic_mult * (double)RATIO / (1ULL << 32);
	CHECK(got > 0.999 && got < 1.001, "%llu ticks away at step %llu: the timer is off by a factor of %.4f",
	      (unsigned long long)time, (unsigned long long)at, got);
}

/* No count of the timer ends before the deadline. */
static void round_up(void)
{
	u64 i;

	away_at = ~0ULL;
	fake_core->apic_mult = (1ULL << 32) / RATIO;
	for (i = 1; i < 100 * RATIO; i++) {
		/* behind the reading that it is counted from */
		apic_timer(fake_core, now + 30 + i);
		CHECK(initial * RATIO >= i && initial * RATIO < i + RATIO, "%llu ticks are %llu of the timer",
		      (unsigned long long)i, (unsigned long long)initial);
	}
}

void test_calibrate(void)
{
	u64 all, i;

	fake_machine(1, SCHED_POLICY_BVT);
	fake_core = hv.cores[0];
	hv.x2apic = 1;
	calibrate(~0ULL, 0);
	all = steps;
	for (i = 0; i < 200 && !fake_failed; i++) {
		calibrate(i, MS(4));
		calibrate(all - i, MS(4));
		calibrate(all / 2 + i, MS(4));
	}
	/* the timer runs out */
	calibrate(all / 2, (RATIO + 1ULL) << 32);
	round_up();
	hv.x2apic = 0;
}
