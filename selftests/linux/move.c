// SPDX-License-Identifier: GPL-2.0
/*
 * Works until /tmp/stop is there, while the host pauses the guest, moves its vCPUs and takes some
 * away: memory, FPU, files and clocks stay right (selftests/linux_move.sh).
 */
#include <sys/mman.h>
#include <unistd.h>

#include "tests.h"

#define WORKERS	2
#define BYTES	(1ul << 20)

enum { MEMORY, FPU, CLOCK, DISK, KINDS };

static const char *const names[KINDS] = { "memory", "FPU", "clocks", "disk" };

/* In memory that all share; each kind's processes add. */
static struct {
	unsigned long rounds[KINDS], wrong[KINDS];
	uint64_t last;	/* that any reader of the clock has seen */
} *all;

static void count(int kind, int good)
{
	__atomic_fetch_add(&all->rounds[kind], 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&all->wrong[kind], !good, __ATOMIC_RELAXED);
}

static int going_on(void)
{
	return access("/tmp/stop", F_OK);
}

/* Fresh memory, a child with a copy of it, and none of it any more: page tables come and go. */
static void memory_round(uint64_t seed)
{
	char *p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (p == MAP_FAILED)
		die("mmap");
	fill(p, BYTES, seed);
	pid = fork();
	if (!pid) {
		fill(p, BYTES / 2, seed + 1);
		_exit(filled(p, BYTES / 2, seed + 1) != BYTES / 2);
	}
	count(MEMORY, !wait_for(pid) && filled(p, BYTES, seed) == BYTES);
	munmap(p, BYTES);
}

static void fpu_round(uint64_t seed)
{
	double sum = seed % 7, back;

	for (int i = 1; i < 200000; i++)
		sum += 1.0 / i;
	back = sum;
	for (int i = 199999; i; i--)
		back -= 1.0 / i;
	back -= seed % 7;
	count(FPU, back < 1e-9 && back > -1e-9);
}

/* No reading is before one that another CPU has made before. */
static void clock_round(uint64_t seed)
{
	int back = 0;

	for (int i = 0; i < 20000; i++) {
		uint64_t before = __atomic_load_n(&all->last, __ATOMIC_SEQ_CST), now = now_ns();

		back += now < before;
		while (before < now && !__atomic_compare_exchange_n(&all->last, &before, now, 0,
								    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
	}
	count(CLOCK, !back);
}

static void disk_round(uint64_t seed)
{
	count(DISK, !disk_file("/mnt/move", seed));
}

static pid_t work(void (*round)(uint64_t), int me)
{
	uint64_t seed = me * 1000000ul;
	pid_t pid = fork();

	if (pid)
		return pid;
	while (going_on())
		round(seed += 7);
	_exit(0);
}

void test_move(void)
{
	void (*const rounds[KINDS])(uint64_t) = { memory_round, fpu_round, clock_round, disk_round };
	pid_t pids[KINDS][WORKERS] = { 0 };
	int ended = 1;

	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		die("mmap");
	for (int i = 0; i < KINDS * WORKERS; i++)
		if (i / WORKERS != DISK || i % WORKERS == 0)
			pids[i / WORKERS][i % WORKERS] = work(rounds[i / WORKERS], i);
	for (int i = 0; i < KINDS * WORKERS; i++)
		if (pids[i / WORKERS][i % WORKERS])
			ended &= !wait_for(pids[i / WORKERS][i % WORKERS]);
	check(ended, "all who work end well");
	for (int i = 0; i < KINDS; i++)
		check(all->rounds[i] && !all->wrong[i], "%s: %lu rounds, %lu wrong", names[i], all->rounds[i],
		      all->wrong[i]);
}
