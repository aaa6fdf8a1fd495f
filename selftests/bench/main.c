// SPDX-License-Identifier: GPL-2.0
/*
 * bench: micro-benchmarks in lmbench's manner, the same binary natively and in a
 * guest. BENCH_ONLY, BENCH_REPS and BENCH_MS choose.
 * bench block DEVICE: those of a block device.
 * bench net IP PORT: those of a network; bench netserver PORT: on its other side.
 * bench costs DEVICE IP PORT: some of either once more, between marks (costs.h).
 * bench pause: keeps a CPU busy with PAUSE, until it is killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static void read_options(void)
{
	const char *s;

	s = getenv("BENCH_REPS");
	if (s && *s)
		opt.reps = atoi(s);
	if (opt.reps < 1 || opt.reps > MAX_REPS)
		opt.reps = MAX_REPS;
	s = getenv("BENCH_MS");
	if (s && *s)
		opt.ms = atof(s);
	s = getenv("BENCH_ONLY");
	if (s && *s)
		opt.only = s;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_options();
	while (argc == 2 && !strcmp(argv[1], "pause"))
		asm volatile("pause");
	if (argc == 3 && !strcmp(argv[1], "block")) {
		rows_block(argv[2]);
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "net")) {
		rows_network(argv[2], atoi(argv[3]));
		return 0;
	}
	if (argc == 5 && !strcmp(argv[1], "costs")) {
		costs_network(argv[3], atoi(argv[4]));
		costs_block(argv[2]);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "netserver"))
		network_server(atoi(argv[2]));
	close(make_file(STAT_PATH, 16));
	rows_compute();
	rows_calls();
	rows_signals();
	rows_processes();
	rows_switches();
	rows_channels();
	rows_memory();
	rows_files();
	rows_macro();
	unlink(STAT_PATH);
	return 0;
}
