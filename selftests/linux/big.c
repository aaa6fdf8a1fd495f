// SPDX-License-Identifier: GPL-2.0
/* Most of the memory, twice; more than all of it, and who pays for that. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests.h"

#define MIB	(1ul << 20)

static size_t available(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned long kib = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %lu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib << 10;
}

void test_big(void)
{
	size_t before = available(), bytes = before / 10 * 6 / MIB * MIB, good;
	char *p;

	for (int round = 0; round < 2; round++) {
		p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			die("mmap");
		fill(p, bytes, round);
		good = filled(p, bytes, round);
		check(good == bytes, "%d MiB, 60 %% of what is free, hold what is written", (int)(bytes / MIB));
		munmap(p, bytes);
	}
	check(available() + 8 * MIB > before, "and they are free again");
}

static void greedy(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	if (fd < 0 || write(fd, "1000", 4) != 4)
		_exit(1);
	for (;;) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (p == MAP_FAILED)
			_exit(2);
		memset(p, 1, MIB);
	}
}

void test_oom(void)
{
	size_t before = available(), bytes = 4 * MIB;
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	fill(p, bytes, 7);
	for (int round = 0; round < 2; round++) {
		pid = fork();
		if (!pid)
			greedy();
		check(wait_for(pid) == -SIGKILL, "who takes all memory is killed");
	}
	check(filled(p, bytes, 7) == bytes, "others keep theirs");
	check(available() + 16 * MIB > before, "the memory is back");
}
