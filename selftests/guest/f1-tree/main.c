// SPDX-License-Identifier: GPL-2.0
/*
 * F1 (XSA-45): validation of a page-table tree that is as large as can be.
 * Attack: 512 L1 tables with 512 present entries each below one root: pin, load,
 * unpin, again and again, and exit with it pinned.
 * Must happen: it works, in slices: a timer of this guest and the other guest on the
 * core are never kept waiting for long.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define TABLES	512
#define ROUNDS	5
#define SLOT	5

static u64 latest;	/* ticks after its time that the timer rang */

static void watch(u64 due)
{
	u64 now = rdtsc();

	if (now > due && now - due > latest)
		latest = now - due;
}

/* PIN with a timer running: upcalls come between its slices. */
static long timed(long (*op)(const u64 *root), const u64 *root, u64 *ticks)
{
	u64 t0 = rdtsc(), due = t0 + ticks_per_ms(), seen = event_count[PVHV_PORT_TIMER];
	long ret;

	timer_set(due);
	ret = op(root);
	*ticks = rdtsc() - t0;
	if (event_count[PVHV_PORT_TIMER] == seen)
		event_wait(PVHV_PORT_TIMER, seen, 5000);
	watch(due);
	return ret;
}

static u64 *build(u64 shared)
{
	u64 *root = root_new(), *l3 = page_alloc(), *l2 = page_alloc();
	unsigned int i, j;

	root[SLOT] = page_pte(l3, PTE_TABLE);
	l3[0] = page_pte(l2, PTE_TABLE);
	for (i = 0; i < TABLES; i++) {
		u64 *l1 = page_alloc();

		for (j = 0; j < 512; j++)
			l1[j] = shared | PTE_KERN_RO;
		l2[i] = page_pte(l1, PTE_TABLE);
	}
	return root;
}

void test(void)
{
	u64 shared = page_mfn(page_alloc()) * PAGE, ticks, longest = 0, bad = 0;
	u64 *root = build(shared);
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		bad += timed(root_pin, root, &ticks) != 0;
		longest = ticks > longest ? ticks : longest;
		bad += timed(root_load, root, &ticks) != 0;
		bad += try_read((u64)SLOT << 39, NULL) != NO_TRAP;
		bad += timed(root_load, boot_root, &ticks) != 0;
		bad += timed(root_unpin, root, &ticks) != 0;
		longest = ticks > longest ? ticks : longest;
		/* plain memory again, and a change of it is seen by the next pin */
		bad += try_write((u64)root, root[0]) != NO_TRAP;
	}
	same(0, bad, "%u rounds of pin, load, unpin of %u tables", ROUNDS, TABLES);
	note("longest operation %lu us", longest * 1000 / ticks_per_ms());
	note("timer late by up to %lu us", latest * 1000 / ticks_per_ms());
	ok(latest < 500 * ticks_per_ms(), "the guest's timer was not kept waiting for 500 ms");
	same(0, root_pin(root), "and ends with it pinned");
}
