// SPDX-License-Identifier: GPL-2.0
/*
 * Context switches as lmbench's lat_ctx counts them: a token goes round a ring
 * of processes, each sums up its own array. The time of the same calls and
 * sums in one process is taken off.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define MAX_PROCS	16

static int procs, array_size;
static pid_t children[MAX_PROCS];
static int ring[MAX_PROCS][2], own[MAX_PROCS][2];
static int *array;

static void sum_array(void)
{
	int i, sum = 0;

	if (!array)
		return;
	for (i = 0; i < array_size / 4; i++)
		sum += array[i];
	sink = sum;
}

static void make_array(void)
{
	array = array_size ? malloc(array_size) : NULL;
	if (array)
		memset(array, 1, array_size);
}

static _Noreturn void member(int from, int to)
{
	char token[4];

	make_array();
	while (read(from, token, 4) == 4) {
		sum_array();
		if (write(to, token, 4) != 4)
			break;
	}
	_exit(0);
}

static void once_round(long n)
{
	char token[4] = { 0 };

	while (n--) {
		if (write(ring[0][1], token, 4) != 4 || read(ring[procs - 1][0], token, 4) != 4)
			fail("the ring of pipes");
		sum_array();
	}
}

static void without_switch(long n)
{
	char token[4] = { 0 };
	long i;

	for (i = 0; i < n; i++) {
		int *p = own[i % procs];

		if (write(p[1], token, 4) != 4 || read(p[0], token, 4) != 4)
			fail("a pipe");
		sum_array();
	}
}

static void start_ring(void)
{
	int i, j;

	for (i = 0; i < procs; i++)
		if (pipe(ring[i]) || pipe(own[i]))
			fail("pipe");
	for (i = 1; i < procs; i++) {
		int from = ring[i - 1][0], to = ring[i][1];

		children[i] = fork();
		if (children[i] < 0)
			fail("fork");
		if (children[i])
			continue;
		for (j = 0; j < procs; j++) {
			if (ring[j][0] != from)
				close(ring[j][0]);
			if (ring[j][1] != to)
				close(ring[j][1]);
		}
		member(from, to);
	}
	make_array();
}

static void stop_ring(void)
{
	int i;

	for (i = 1; i < procs; i++)
		kill(children[i], SIGKILL);
	for (i = 1; i < procs; i++)
		waitpid(children[i], NULL, 0);
	for (i = 0; i < procs; i++) {
		close(ring[i][0]);
		close(ring[i][1]);
		close(own[i][0]);
		close(own[i][1]);
	}
	free(array);
}

static void row(int n, int size)
{
	double v[MAX_REPS];
	long rounds, singles;
	uint64_t start;
	char name[32];
	int r;

	snprintf(name, sizeof(name), "ctx_%dp_%dk", n, size / 1024);
	if (!wanted(name))
		return;
	procs = n;
	array_size = size;
	start_ring();
	rounds = calibrate(once_round, opt.ms * 0.7);
	singles = calibrate(without_switch, opt.ms * 0.3);
	for (r = 0; r < opt.reps; r++) {
		double overhead;

		start = now_ns();
		without_switch(singles);
		overhead = (now_ns() - start) / 1e3 / singles;
		start = now_ns();
		once_round(rounds);
		v[r] = (now_ns() - start) / 1e3 / rounds / procs - overhead;
	}
	stop_ring();
	report(name, v, opt.reps, "us", rounds);
}

void rows_switches(void)
{
	row(2, 0);
	row(2, 65536);
	row(16, 65536);
}
