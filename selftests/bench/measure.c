// SPDX-License-Identifier: GPL-2.0
/* How a row is measured and printed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "costs.h"

#define MAX_ITERATIONS	(1L << 28)

struct options opt = { .reps = 9, .ms = 25 };
volatile uint64_t sink;

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void fail(const char *what)
{
	printf("E %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

bool wanted(const char *row)
{
	char list[1024];
	char *part;

	if (!opt.only)
		return true;
	snprintf(list, sizeof(list), "%s", opt.only);
	for (part = strtok(list, ","); part; part = strtok(NULL, ","))
		if (strstr(row, part))
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void report(const char *row, double *values, int n, const char *unit, long iterations)
{
	double median;

	qsort(values, n, sizeof(*values), compare);
	median = n & 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
	printf("R %s %.4f %.4f %.4f %s %d %ld\n", row, median, values[0], values[n - 1],
	       unit, n, iterations);
	fflush(stdout);
}

static double call_ms(bench_fn fn, long n)
{
	uint64_t start = now_ns();

	fn(n);
	return (now_ns() - start) / 1e6;
}

/* Approaches the length by larger and larger calls; the last one warms up, too. */
static long iterations_for(bench_fn fn, double ms)
{
	long n = 1;
	double took;

	for (;;) {
		took = call_ms(fn, n);
		if (took >= ms / 2 || n > MAX_ITERATIONS)
			break;
		if (took < 1)
			n *= 8;
		else
			n = n * ms / took + 1;
	}
	if (took < ms && n <= MAX_ITERATIONS)
		n = n * ms / took + 1;
	return n;
}

void measure(const char *row, bench_fn fn, double per_iteration)
{
	double v[MAX_REPS];
	long n;
	int r;

	if (!wanted(row))
		return;
	n = iterations_for(fn, opt.ms);
	for (r = 0; r < opt.reps; r++)
		v[r] = call_ms(fn, n) * 1000 / n / per_iteration;
	report(row, v, opt.reps, "us", n);
}

long calibrate(bench_fn fn, double ms)
{
	long n = 1;

	while (call_ms(fn, n) < ms)
		n *= 2;
	return n;
}

int make_file(const char *path, int chunks)
{
	static char block[65536];
	int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0644);
	int i;

	if (fd < 0)
		fail(path);
	memset(block, 7, sizeof(block));
	for (i = 0; i < chunks; i++)
		if (write(fd, block, sizeof(block)) != sizeof(block))
			fail("write to a file of tmpfs");
	return fd;
}

void report_cost(int number, long operations)
{
	static const char * const names[NR_COSTS] = COST_NAMES;

	printf("C %s %ld\n", names[number], operations);
}
