// SPDX-License-Identifier: GPL-2.0
/*
 * H7: a memory hog.
 * Attack: 'hog' asks for frames without end, far over its target, after it gave some back, and with
 * a target that it wrote itself; 'thrash' gives and takes frames at full speed.
 * Must happen: never more than the host allowed it; nobody beside it notices.
 * Side: guest.
 */
#include "balloon.h"
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"

#define shared	((volatile struct pvhv_shared_info *)PVHV_SHARED_VA)
#define SECONDS	8

static struct balloon balloon;

static void hog(void)
{
	u64 most = start_info->nr_pages, over = 0, round, got;

	same(0, balloon_take(&balloon, 256), "it has what it may have");
	shared->balloon_target = start_info->max_pages;
	for (round = 0; round < 2000; round++)
		over += balloon_take(&balloon, 256);
	same(0, over, "its own idea of the target is worth nothing");
	for (round = 0; round < 20; round++) {
		u64 given = 0;

		while (given < 1000)
			given += balloon_give(&balloon, 1000 - given);
		while ((got = balloon_take(&balloon, 256)))
			over += balloon.have > most;
	}
	same(0, over, "it gets back what it gave, and no more");
	same(most, balloon.have, "which is all");
	same(0, balloon.dirty, "all of it zero");
}

static void thrash(void)
{
	u64 end = rdtsc() + SECONDS * 1000 * ticks_per_ms();

	while (rdtsc() < end) {
		balloon_give(&balloon, 256);
		while (balloon_take(&balloon, 256))
			;
	}
	same(start_info->nr_pages, balloon.have, "%lu frames there and back", balloon.moved);
	balloon_check(&balloon);
	same(0, balloon.dirty, "what it took was zero");
	same(0, balloon.lost, "what it had stayed as it was");
}

void test(void)
{
	balloon_init(&balloon);
	if (variant("thrash"))
		thrash();
	else
		hog();
}
