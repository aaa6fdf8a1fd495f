// SPDX-License-Identifier: GPL-2.0
/*
 * The bystander: computes checksums over its memory with a timer beside, until
 * it is asked to power off. Whatever another guest on its core does, its
 * results are right and it gets its share of time. It has a mark in all its registers while
 * it sleeps: they stay as they are, and nobody else sees them.
 * Side: guest.
 */
#include "console.h"
#include "event.h"
#include "mm.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "victim.h"

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

/* XSAVE's first part as the CPU has it, with marks in all of XMM. */
static u8 area[4096] __attribute__((aligned(64)));

static void fpu_save(void)
{
	asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static void fpu_mark(void)
{
	unsigned int i;

	fpu_save();
	for (i = 160; i < 416; i += 8)
		*(u64 *)(area + i) = VICTIM_MARK;
	asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

/* How many words of XMM are not as they were. */
static u64 fpu_lost(void)
{
	u64 lost = 0;
	unsigned int i;

	fpu_save();
	for (i = 160; i < 416; i += 8)
		lost += *(u64 *)(area + i) != VICTIM_MARK;
	return lost;
}

/* Sleeps with the mark in the registers; how many of those that a call keeps have lost it. */
static u64 block_marked(void)
{
	u64 lost = 0;

	asm volatile("pushq %%rbp\n\t"
		     "movq %1, %%rbp; movq %1, %%r8; movq %1, %%r9; movq %1, %%r10\n\t"
		     "movq %1, %%r12; movq %1, %%r13; movq %1, %%r14; movq %1, %%r15\n\t"
		     "movq %1, %%rdx\n\t"
		     "syscall\n\t"
		     "xorq %%rdx, %%rbp; xorq %%rdx, %%r8; xorq %%rdx, %%r9; xorq %%rdx, %%r10\n\t"
		     "xorq %%rdx, %%r12; xorq %%rdx, %%r13; xorq %%rdx, %%r14; xorq %%rdx, %%r15\n\t"
		     "orq %%r8, %%rbp; orq %%r9, %%rbp; orq %%r10, %%rbp; orq %%r12, %%rbp\n\t"
		     "orq %%r13, %%rbp; orq %%r14, %%rbp; orq %%r15, %%rbp\n\t"
		     "movq %%rbp, %0\n\t"
		     "popq %%rbp"
		     : "=b"(lost)
		     : "b"(VICTIM_MARK), "a"(PVHV_HC_SCHED), "D"(PVHV_SCHED_BLOCK), "S"(0)
		     : "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
	return lost != 0;
}

/* Sleeps until the timer rings. */
static u64 sleep_marked(u64 seen)
{
	u64 lost = 0, end = rdtsc() + 10000 * ticks_per_ms();

	fpu_mark();
	for (;;) {
		events_off();
		if (event_count[PVHV_PORT_TIMER] != seen || rdtsc() > end)
			break;
		lost += block_marked();
	}
	events_on();
	return lost + fpu_lost() + (event_count[PVHV_PORT_TIMER] == seen);
}

static bool stopped(void)
{
	return event_count[PVHV_PORT_POWER] != 0;
}

void test(void)
{
	u64 rounds = 0, wrong = 0, lost = 0, longest = 0, last, t0 = rdtsc(), *marks = page_alloc();
	unsigned int p;

	for (p = 0; p < 512; p++)
		marks[p] = VICTIM_MARK;
	map_page(VICTIM_VA, marks, PTE_KERN);

	for (p = 0; p < NR_PAGES; p++)
		pages[p] = page_alloc();
	printf("# computes\n");
	last = rdtsc();
	while (!stopped()) {
		u64 want = fill(rounds), now;
		u64 seen = event_count[PVHV_PORT_TIMER];

		timer_set(rdtsc() + ticks_per_ms());
		lost += sleep_marked(seen);
		wrong += sum_up() != want || *(volatile u64 *)VICTIM_VA != VICTIM_MARK;
		rounds++;
		now = rdtsc();
		if (now - last > longest)
			longest = now - last;
		last = now;
	}
	note("%lu rounds in %lu ms, the longest %lu ms", rounds, (rdtsc() - t0) / ticks_per_ms(),
	     longest / ticks_per_ms());
	same(0, wrong, "checksums of the other guest (%lu rounds)", rounds);
	same(0, lost, "its registers stayed as they were");
	ok(longest < MS_PER_GAP * ticks_per_ms(), "it was never kept waiting for %u ms", MS_PER_GAP);
}
