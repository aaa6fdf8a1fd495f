// SPDX-License-Identifier: GPL-2.0
/*
 * Unit and stress tests of kmod/mm: the very files of the module, compiled as a program.
 * Usage: mm_test [-s seed] [-t seconds] [-x] [name]; TAP on stdout; -x: stops at the first failure.
 */
#include <unistd.h>
#include "tests.h"

unsigned int test_seed = 1;
unsigned int test_seconds = 4;	/* for random and threads, each */

static const struct test tests[] = {
#define TEST_ROW(fn, text) { #fn ": " text, fn },
	ALL_TESTS(TEST_ROW)
};

int main(int argc, char **argv)
{
	unsigned int i, n = sizeof(tests) / sizeof(tests[0]), failed = 0;
	int opt, first = 0;

	while ((opt = getopt(argc, argv, "s:t:x")) != -1) {
		if (opt == 's')
			test_seed = strtoul(optarg, NULL, 0);
		else if (opt == 't')
			test_seconds = strtoul(optarg, NULL, 0);
		else if (opt == 'x')
			first = 1;
		else
			return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	fake_machine();
	for (i = 0; i < n; i++) {
		if (argv[optind] && !strstr(tests[i].name, argv[optind])) {
			printf("ok %u %s # SKIP not asked for\n", i + 1, tests[i].name);
			continue;
		}
		srand(test_seed);
		fake_failed = 0;
		tests[i].run();
		printf("%sok %u %s\n", fake_failed ? "not " : "", i + 1, tests[i].name);
		failed += fake_failed != 0;
		if (failed && first)
			break;
	}
	return failed ? 1 : 0;
}
