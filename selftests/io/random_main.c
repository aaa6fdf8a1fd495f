// SPDX-License-Identifier: GPL-2.0
/*
 * Feeds a fuzzer's target with pseudo-random inputs for some seconds: the fuzzer's
 * short form, for machines without libFuzzer.  random_main SECONDS [SEED]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <linux/types.h>

#define MAX_LEN	2048

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u64 state;

static u64 next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Small numbers are more often near something. */
static u8 byte(void)
{
	u64 r = next();

	return r & 0x300 ? r & 0x0f : r;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1, runs;
	static u8 data[MAX_LEN];
	size_t i, size;

	state = seed * 0x9e3779b97f4a7c15ULL | 1;
	for (runs = 0; runs % 256 || time(NULL) < end; runs++) {
		size = next() % MAX_LEN;
		for (i = 0; i < size; i++)
			data[i] = byte();
		LLVMFuzzerTestOneInput(data, size);
	}
	printf("%llu inputs, seed %llu: clean\n", (unsigned long long)runs, (unsigned long long)seed);
	return 0;
}
