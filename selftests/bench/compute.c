// SPDX-License-Identifier: GPL-2.0
/* Rows without the kernel: arithmetic and copying. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define COPY_SIZE	(1 << 20)

static char *copy_from, *copy_to;

static void alu(long n)
{
	uint64_t x = sink | 1;
	long i;
	int j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < 1000; j++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			asm volatile("" : "+r"(x));
		}
		sink = x;
	}
}

static void copy(long n)
{
	long i;

	for (i = 0; i < n; i++) {
		memcpy(copy_to, copy_from, COPY_SIZE);
		asm volatile("" : : : "memory");
	}
}

void rows_compute(void)
{
	uint64_t start = now_ns();

	/* A CPU that just woke up, a translator that just started. */
	while (now_ns() - start < 200000000)
		alu(1);
	measure("alu_1000", alu, 1);
	copy_from = malloc(COPY_SIZE);
	copy_to = malloc(COPY_SIZE);
	if (!copy_from || !copy_to)
		fail("malloc");
	memset(copy_from, 1, COPY_SIZE);
	memset(copy_to, 1, COPY_SIZE);
	measure("memcpy_1m", copy, 1);
	free(copy_from);
	free(copy_to);
}
