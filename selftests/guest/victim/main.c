// SPDX-License-Identifier: GPL-2.0
/*
 * The bystander: computes checksums over its memory with a timer beside, until
 * it is asked to power off. Whatever another guest on its core does, its
 * results are right and it gets its share of time.
 * Side: guest.
 */
#include "console.h"
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"

#define NR_PAGES	256
#define MS_PER_GAP	3000

static u64 *pages[NR_PAGES];

static u64 fill(u64 seed)
{
	u64 sum = 0;
	unsigned int p, i;

	for (p = 0; p < NR_PAGES; p++) {
		for (i = 0; i < 512; i++) {
			seed = seed * 6364136223846793005UL + 1442695040888963407UL;
			pages[p][i] = seed;
			sum += seed ^ i;
		}
	}
	return sum;
}

static u64 sum_up(void)
{
	u64 sum = 0;
	unsigned int p, i;

	for (p = 0; p < NR_PAGES; p++)
		for (i = 0; i < 512; i++)
			sum += pages[p][i] ^ i;
	return sum;
}

static bool stopped(void)
{
	return event_count[PVHV_PORT_POWER] != 0;
}

void test(void)
{
	u64 rounds = 0, wrong = 0, longest = 0, last, t0 = rdtsc();
	unsigned int p;

	for (p = 0; p < NR_PAGES; p++)
		pages[p] = page_alloc();
	printf("# computes\n");
	last = rdtsc();
	while (!stopped()) {
		u64 want = fill(rounds), now;
		u64 seen = event_count[PVHV_PORT_TIMER];

		timer_set(rdtsc() + ticks_per_ms());
		if (!event_wait(PVHV_PORT_TIMER, seen, 10000))
			wrong++;
		wrong += sum_up() != want;
		rounds++;
		now = rdtsc();
		if (now - last > longest)
			longest = now - last;
		last = now;
	}
	note("%lu rounds in %lu ms, the longest %lu ms", rounds, (rdtsc() - t0) / ticks_per_ms(),
	     longest / ticks_per_ms());
	same(0, wrong, "checksums of the other guest (%lu rounds)", rounds);
	ok(longest < MS_PER_GAP * ticks_per_ms(), "it was never kept waiting for %u ms", MS_PER_GAP);
}
