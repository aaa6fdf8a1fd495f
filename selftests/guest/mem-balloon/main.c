// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that follows its target of memory, for selftests/mem_balloon.sh, until it is asked
 * to power off. What it takes must be zero, what it has must stay as it filled it.
 * 'stale' (C3): what it gives back vCPU 1, on another core, has in its TLB and goes on writing to:
 * it must fault from the hypercall's return on, while the frames go to another guest.
 * Side: guest.
 */
#include "balloon.h"
#include "console.h"
#include "event.h"
#include "mm.h"
#include "smp.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define shared	((volatile struct pvhv_shared_info *)PVHV_SHARED_VA)
#define MARK	0xfeedfacecafef00dUL
#define WINDOW	8

static struct balloon balloon;
static volatile u64 gone, next_gone, stale, faults, writes;

static bool stopped(void)
{
	return event_count[PVHV_PORT_POWER] != 0;
}

static void start_checks(void)
{
	u64 g, bad = 0;

	same(start_info->nr_pages, shared->balloon_target, "its target is what it starts with");
	for (g = 0; g < start_info->max_pages; g++)
		bad += (gfn_mfn(g) == ~0UL) != (g >= start_info->nr_pages);
	same(0, bad, "all it starts with is there, the rest are holes");
	bad = 0;
	for (g = start_info->max_pages; g < start_info->max_pages + 4096; g += 511) {
		arg_page[0] = g;
		bad += hypercall(PVHV_HC_MEMORY, PVHV_MEM_INCREASE, 1, 0) >= 0;
	}
	same(0, bad, "nothing beyond its maximum can be filled");
}

static void follow(void)
{
	u64 told = balloon.have;

	while (!stopped()) {
		u64 seen = event_count[PVHV_PORT_BALLOON], target = shared->balloon_target, n = 0;

		if (balloon.have > target)
			n = balloon_give(&balloon, balloon.have - target);
		else if (balloon.have < target)
			n = balloon_take(&balloon, target - balloon.have);
		if (n)
			continue;
		if (told != balloon.have)
			printf("# has %lu\n", balloon.have);
		told = balloon.have;
		event_wait(PVHV_PORT_BALLOON, seen, 500);
	}
	balloon_check(&balloon);
	same(0, balloon.dirty, "what it took was zero (%lu frames moved)", balloon.moved);
	same(0, balloon.lost, "what it had stayed as it was");
}

/* vCPU 1: writes to the pages that are next, and to those that are gone. */
static void hammer(void)
{
	u64 g;

	while (!smp_stop) {
		u64 until = next_gone + WINDOW;

		for (g = next_gone > 64 ? next_gone - 64 : 0; g < until; g++) {
			bool was_gone;
			u64 trap;

			if (g < balloon.first || g >= start_info->nr_pages)
				continue;
			was_gone = g < gone;
			trap = try_write((u64)gfn_page(g), MARK);
			writes += trap == NO_TRAP;
			faults += trap != NO_TRAP;
			stale += was_gone && trap == NO_TRAP;
		}
	}
}

static void give_under_fire(void)
{
	u64 seen = event_count[PVHV_PORT_BALLOON], g, target, bad = 0;

	next_gone = balloon.first;
	same(0, smp_start(hammer), "vCPU 1 starts");
	if (!ok(smp_wait(5000), "and runs"))
		return;
	printf("# fires\n");
	event_wait(PVHV_PORT_BALLOON, seen, 20000);
	target = shared->balloon_target;
	ok(target < balloon.have, "it is asked for frames");
	for (g = balloon.first; balloon.have > target; g++) {
		next_gone = g;
		delay_us(100);
		events_off();
		arg_page[0] = g;
		bad += hypercall(PVHV_HC_MEMORY, PVHV_MEM_DECREASE, 1, 0) != 1;
		events_on();
		gone = g + 1;
		balloon.have--;
	}
	printf("# has %lu\n", balloon.have);
	while (!stopped())
		event_wait(PVHV_PORT_POWER, 0, 500);
	ok(smp_end(5000), "vCPU 1 ends");
	same(0, bad, "frames that a sibling writes to are given back");
	ok(writes > 100 && faults > 100, "it wrote %lu times and met %lu faults", writes, faults);
	same(0, stale, "never a write to what is gone");
}

void test(void)
{
	start_checks();
	balloon_init(&balloon);
	if (variant("stale"))
		give_under_fire();
	else
		follow();
}
