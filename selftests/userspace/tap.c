// SPDX-License-Identifier: GPL-2.0
/* Runs the tests of a program; a failed check jumps out of its test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "tap.h"

static jmp_buf failed_check;

static void fail(void)
{
	longjmp(failed_check, 1);
}

void tap_check(const char *file, int line, int ok, const char *what)
{
	if (ok)
		return;
	printf("# %s:%d: %s\n", file, line, what);
	fail();
}

void tap_check_equal(const char *file, int line, unsigned long long a, unsigned long long b,
		     const char *what)
{
	if (a == b)
		return;
	printf("# %s:%d: %s: %#llx, %#llx\n", file, line, what, a, b);
	fail();
}

void tap_check_says(const char *file, int line, const char *text, ...)
{
	const char *word;
	va_list ap;

	va_start(ap, text);
	while ((word = va_arg(ap, const char *)) && strstr(text, word))
		;
	va_end(ap);
	if (!word)
		return;
	printf("# %s:%d: no '%s' in '%s'\n", file, line, word, text);
	fail();
}

int main(void)
{
	volatile unsigned int planned = 0, failed = 0, i;

	while (tap_tests[planned].name)
		planned++;
	printf("TAP version 13\n1..%u\n", planned);
	for (i = 0; i < planned; i++) {
		int bad = setjmp(failed_check);

		if (!bad)
			tap_tests[i].run();
		failed += bad;
		printf("%s %u %s\n", bad ? "not ok" : "ok", i + 1, tap_tests[i].name);
		fflush(stdout);
	}
	return failed != 0;
}
