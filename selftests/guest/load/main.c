// SPDX-License-Identifier: GPL-2.0
/*
 * A load for tests of scheduling: does what its command line says until it is
 * asked to power off. The host measures how long it ran.
 * F6, F8, G5: the variants that play games or storm must not hurt the others on their core.
 * Side: guest.
 */
#include "console.h"
#include "event.h"
#include "hypercall.h"
#include "start.h"
#include "tap.h"

#define EDGE_US	4900	/* just less than the context switch allowance */

static bool stopped(void)
{
	return event_count[PVHV_PORT_POWER] != 0;
}

static void sleep_us(u64 us)
{
	u64 seen = event_count[PVHV_PORT_TIMER];

	timer_set(rdtsc() + us * ticks_per_ms() / 1000);
	event_wait(PVHV_PORT_TIMER, seen, 1000);
}

/* A burst of short turns in which it is ahead of its share, and a sleep in which the others catch up. */
static void burst(void)
{
	unsigned int i;

	for (i = 0; i < 10 && !stopped(); i++) {
		delay_us(200);
		sleep_us(1000);
	}
	sleep_us(200000);
}

static void turn(void)
{
	if (variant("idle")) {
		events_off();
		if (!stopped())
			hc_sched(PVHV_SCHED_BLOCK, 0);
		events_on();
	} else if (variant("edge")) {
		delay_us(EDGE_US);
		sleep_us(60);
	} else if (variant("short")) {
		delay_us(20);
		sleep_us(50);
	} else if (variant("burst")) {
		burst();
	} else if (variant("yield")) {
		delay_us(10);
		hypercall(PVHV_HC_SCHED, PVHV_SCHED_YIELD, 0, 0);
	} else if (variant("hypercalls")) {
		hypercall(99, 0, 0, 0);
	} else if (variant("events")) {
		hypercall(PVHV_HC_SEND_IPI, 1, PVHV_PORT_IPI_CALL, 0);
		hypercall(PVHV_HC_NOTIFY, PVHV_NR_PORTS - 1, 0, 0);
	} else if (variant("flushes")) {
		hypercall(PVHV_HC_MMU_OP, PVHV_MMU_FLUSH_MASK, ~0UL, 0);
	} else if (variant("timers")) {
		timer_set(rdtsc() - 1);
		timer_set(rdtsc() + 1);
		timer_set(1UL << 63);
	} else {
		delay_us(1000);
	}
}

void test(void)
{
	printf("# runs\n");
	if (variant("off")) {
		events_off();
		for (;;)
			barrier();
	}
	while (!stopped())
		turn();
	ok(true, "asked to end");
}
