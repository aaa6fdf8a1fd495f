// SPDX-License-Identifier: GPL-2.0
/*
 * How late one-shot timers come, asleep and awake: from the deadline to the first instruction of the upcall.
 * No test: `make bench` runs it, under -icount, where nothing else of the machine is in the figures.
 * Side: guest.
 */
#include "console.h"
#include "event.h"
#include "start.h"
#include "tap.h"

#define ROUNDS	1000

static u64 late_ns[ROUNDS];
static volatile u64 came;

static void look(struct trap_frame *f)
{
	came = rdtsc();
}

/* From 100 us to 5 ms. (Knuth's MMIX generator: its upper bits.) */
static u64 next_delay(void)
{
	static u64 seed = 1;

	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (100 + (seed >> 40) % 4900) * ticks_per_ms() / 1000;
}

/* The lateness of one goes where it belongs among the n before. */
static void insert(unsigned int n, u64 ns)
{
	for (; n && late_ns[n - 1] > ns; n--)
		late_ns[n] = late_ns[n - 1];
	late_ns[n] = ns;
}

static void run(const char *name, bool sleeps)
{
	unsigned int i, good = 0;
	u64 seen, deadline;

	for (i = 0; i < ROUNDS; i++) {
		seen = event_count[PVHV_PORT_TIMER];
		deadline = rdtsc() + next_delay();
		timer_set(deadline);
		if (sleeps)
			event_wait(PVHV_PORT_TIMER, seen, 1000);
		else
			while (event_count[PVHV_PORT_TIMER] == seen && rdtsc() < deadline + 1000 * ticks_per_ms())
				;
		if (event_count[PVHV_PORT_TIMER] == seen || came < deadline)
			continue;
		insert(good++, (came - deadline) * 1000000 / ticks_per_ms());
	}
	if (!same(ROUNDS, good, "each timer came, and none too early"))
		return;
	printf("timer %s %lu %lu %lu\n", name, late_ns[ROUNDS / 2], late_ns[ROUNDS * 99 / 100], late_ns[ROUNDS - 1]);
}

void test(void)
{
	event_hook = look;
	run("asleep", true);
	run("awake", false);
	event_hook = NULL;
}
