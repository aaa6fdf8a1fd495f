// SPDX-License-Identifier: GPL-2.0
/*
 * The bystander: computes checksums over its memory with a timer beside, writes pages to its disk, if it has one,
 * and reads them back, until it is asked to power off. Whatever another guest on its core does, its
 * results are right and it gets what its weight owes it. It has a mark in all its registers while
 * it sleeps: they stay as they are, and nobody else sees them.
 * Lines on its console: 'begin SUM PERCENT' (the sum of all weights on its core, its own among them; how much
 * of its share it may lose), and 'end', which is answered by the results since then; it sleeps until the next 'begin'.
 * Side: guest.
 */
#include "blk.h"
#include "console.h"
#include "event.h"
#include "input.h"
#include "mm.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "victim.h"

#define NR_PAGES	256
#define WEIGHT		32	/* in its configuration, too: lib/guests.sh */
/* Behind by so much it may be in a flawless order, too: C = 5 ms, and what the machine keeps the core from. */
#define SLACK_NS	30000000L

static u64 *pages[NR_PAGES];
static u64 *block, *block_back;
static bool has_disk, idle;
static u64 rounds, wrong, lost, bad_blocks;

/*
 * Of the time in which it wants to run, WEIGHT / sum is owed to it. What it had beyond that, while
 * nobody was in its way, is no credit for later.
 */
static struct {
	u64 sum, percent;
	u64 ran, stolen;	/* as of the last look, ns */
	u64 had, owed;		/* since it was last not behind */
	s64 worst;		/* most that it was behind, but for what it may be */
	u64 behind, of;		/* then */
} share;

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

/* This moment's accounts, of the same stay on the core. */
static void share_read(u64 *ran, u64 *stolen)
{
	u64 tsc;

	do {
		tsc = vcpu_page->run_tsc;
		*stolen = vcpu_page->steal_ns;
		*ran = vcpu_page->run_ns + (rdtsc() - tsc) * 1000000 / ticks_per_ms();
	} while (tsc != vcpu_page->run_tsc);
}

static void share_look(void)
{
	u64 ran, stolen;
	s64 beyond;

	share_read(&ran, &stolen);
	share.had += ran - share.ran;
	share.owed += (ran - share.ran + stolen - share.stolen) * WEIGHT / share.sum;
	share.ran = ran;
	share.stolen = stolen;
	beyond = share.owed - share.had - share.owed * share.percent / 100;
	if (beyond > share.worst) {
		share.worst = beyond;
		share.behind = share.owed - share.had;
		share.of = share.owed;
	}
	if (share.had >= share.owed)
		share.had = share.owed = 0;
}

static void begin(const char *numbers)
{
	const char *second = numbers;

	while (*second && *second != ' ')
		second++;
	idle = false;
	rounds = wrong = lost = bad_blocks = 0;
	memset(&share, 0, sizeof(share));
	share.sum = input_number(numbers);
	share.percent = input_number(second + (*second == ' '));
	share_read(&share.ran, &share.stolen);
}

static void results(void)
{
	ok(rounds && !wrong, "its checksums are right (%lu of %lu are not)", wrong, rounds);
	same(0, lost, "its registers stayed as they were");
	same(0, bad_blocks, "its disk keeps what it wrote");
	ok(share.worst <= SLACK_NS, "it kept its share, but for %lu %%", share.percent);
	note("at worst %lu us behind %lu us that were owed to it", share.behind / 1000, share.of / 1000);
}

static void obey(void)
{
	char line[64];
	const char *rest;

	if (!input_waiting())
		return;
	input_line(line, sizeof(line));
	rest = input_after(line, "begin ");
	if (rest) {
		begin(rest);
	} else {
		results();
		idle = true;
	}
	note("answers %s", line);
}

static void sleep_idle(void)
{
	/* what comes behind this look stays pending, so that BLOCK returns at once */
	events_off();
	if (!input_waiting() && !event_count[PVHV_PORT_POWER])
		hc_sched(PVHV_SCHED_BLOCK, 0);
	events_on();
}

/* A request, asleep until it is answered. */
static bool disk(u32 type, u64 sector, const void *page)
{
	u64 seen = event_count[PVHV_PORT_DEV_QUEUE(0, 0)];

	blk_queue_rw(0, type, sector, gpa(page), PAGE);
	blk_kick();
	while (blk_used->idx == blk_seen) {
		if (!event_wait(PVHV_PORT_DEV_QUEUE(0, 0), seen, 20000))
			return false;
		seen = event_count[PVHV_PORT_DEV_QUEUE(0, 0)];
	}
	blk_seen++;
	return *(volatile u8 *)blk_status(0) == BLK_S_OK;
}

static void use_disk(u64 seed)
{
	u64 sector = seed % 64 * 8;
	unsigned int i;

	for (i = 0; i < 512; i++)
		block[i] = seed * 0x9e3779b97f4a7c15UL + i;
	bad_blocks += !disk(BLK_T_OUT, sector, block) || !disk(BLK_T_IN, sector, block_back) ||
		      memcmp(block, block_back, PAGE);
}

static void compute(u64 seed)
{
	u64 want = fill(seed), seen = event_count[PVHV_PORT_TIMER];

	timer_set(rdtsc() + ticks_per_ms());
	lost += sleep_marked(seen);
	wrong += sum_up() != want || *(volatile u64 *)VICTIM_VA != VICTIM_MARK;
	rounds++;
}

void test(void)
{
	u64 n, *marks = page_alloc();
	unsigned int p;

	for (p = 0; p < 512; p++)
		marks[p] = VICTIM_MARK;
	map_page(VICTIM_VA, marks, PTE_KERN);
	for (p = 0; p < NR_PAGES; p++)
		pages[p] = page_alloc();
	block = page_alloc();
	block_back = page_alloc();
	has_disk = blk_page->magic == PVHV_VDEV_MAGIC;
	if (has_disk)
		same(0, blk_init(F_VERSION_1), "its disk starts");
	begin("32 0");
	note("computes");
	for (n = 0; !event_count[PVHV_PORT_POWER]; n++) {
		if (idle) {
			sleep_idle();
		} else {
			compute(n);
			if (has_disk)
				use_disk(n);
			share_look();
		}
		obey();
	}
}
