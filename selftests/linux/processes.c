// SPDX-License-Identifier: GPL-2.0
/* Storms of fork, vfork and exec, with a checksum over all that is copied. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests.h"

#define BYTES	(2ul << 20)

static char *memory;
/* More than a page of initialised data: an exec'ed image has it as the file has it. */
static const uint64_t known[1024] = { [0] = 17, [511] = 18, [512] = 19, [1023] = 20 };

int exec_child(int argc, char **argv)
{
	int n = atoi(argv[2]);

	if (known[0] + known[511] + known[512] + known[1023] != 74 || known[700] || memory)
		return 99;
	return argc == 4 && strlen(argv[3]) == 3000 ? n : 98;
}

static void forks(void)
{
	int bad = 0;
	pid_t pid[8];

	for (int round = 0; round < 25; round++) {
		for (int i = 0; i < 8; i++) {
			pid[i] = fork();
			if (pid[i])
				continue;
			bad = filled(memory, BYTES, 1) != BYTES;
			/* Each child writes; none may see it of another. */
			fill(memory + i * 65536, 65536, i + 2);
			bad |= filled(memory + i * 65536, 65536, i + 2) != 65536;
			_exit(bad);
		}
		for (int i = 0; i < 8; i++)
			bad += wait_for(pid[i]) != 0;
	}
	check(!bad && filled(memory, BYTES, 1) == BYTES, "200 children have a right copy each (%d wrong)", bad);
}

static void execs(int use_vfork)
{
	char number[16], text[3001];
	volatile int bad = 0;

	memset(text, 'x', 3000);
	text[3000] = 0;
	for (volatile int i = 0; i < 60; i++) {
		pid_t pid;

		snprintf(number, sizeof(number), "%d", i);
		pid = use_vfork ? vfork() : fork();
		if (!pid) {
			execl("/proc/self/exe", "guest-tests", "exec-child", number, text, NULL);
			_exit(97);
		}
		bad += wait_for(pid) != i;
	}
	check(!bad, "60 programs by %s and exec run right (%d wrong)", use_vfork ? "vfork" : "fork", bad);
}

/* A chain: each process makes the next, which is deeper by one. */
static int chain(int depth)
{
	pid_t pid;

	if (!depth)
		return filled(memory, BYTES, 1) != BYTES;
	pid = fork();
	if (!pid)
		_exit(chain(depth - 1));
	return wait_for(pid);
}

static void crowd(void)
{
	pid_t pid[100];
	int bad = 0;

	for (int i = 0; i < 100; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			usleep(20000);
			_exit(i);
		}
	}
	for (int i = 99; i >= 0; i--)
		bad += wait_for(pid[i]) != i;
	check(!bad, "100 processes at a time");
}

void test_processes(void)
{
	memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fill(memory, BYTES, 1);
	forks();
	execs(0);
	execs(1);
	check(!chain(30), "a chain of 30 processes");
	crowd();
	check(filled(memory, BYTES, 1) == BYTES, "the first process' memory is as it was");
}
