/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the benchmark share: how a row is measured and printed.
 *
 * A row is the time per iteration of a function that is called with a number
 * of iterations; the number is chosen so that a call takes about opt.ms.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_REPS	64
#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))

typedef void (*bench_fn)(long iterations);

struct options {
	int reps;		/* calls per row; the row is their median */
	double ms;		/* length of a call */
	const char *only;	/* comma-separated parts of names; NULL: all rows */
};

extern struct options opt;

/* Results of computations go here, lest the compiler drops them. */
extern volatile uint64_t sink;

/* A file of 1 MiB on tmpfs that stat(), open() and sha256sum read. */
#define STAT_PATH	"/dev/shm/statfile"
/* A program that does nothing, and busybox: the same in host and guest. */
#define TINY_PATH	"/bench/tiny"
#define BUSYBOX_PATH	"/bench/busybox"

uint64_t now_ns(void);
_Noreturn void fail(const char *what);
bool wanted(const char *row);

/* Measures @fn and reports us per iteration, divided by @per_iteration. */
void measure(const char *row, bench_fn fn, double per_iteration);

/* Doubles the iterations until a call of @fn takes @ms. */
long calibrate(bench_fn fn, double ms);

/* Prints 'R row median min max unit reps iterations'; sorts @values. */
void report(const char *row, double *values, int n, const char *unit, long iterations);

/* Prints 'C NAME operations' behind a cost (costs.h). */
void report_cost(int number, long operations);

/* Creates @path with @chunks * 64 KiB in it; an open file descriptor for reading and writing. */
int make_file(const char *path, int chunks);

/* Two ends of a connection over lo. */
void tcp_pair(int *a, int *b);

/* The rows, by their kind. */
void rows_compute(void);
void rows_calls(void);
void rows_signals(void);
void rows_processes(void);
void rows_switches(void);
void rows_channels(void);
void rows_memory(void);
void rows_files(void);
void rows_macro(void);
void rows_block(const char *device);
void rows_network(const char *ip, int port);
/* What an operation costs the whole machine, counted by QEMU. */
void costs_block(const char *device);
void costs_network(const char *ip, int port);
/* What they talk to; does not return. */
void network_server(int port);

#endif /* BENCH_H */
