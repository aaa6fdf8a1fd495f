/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP for C tests that run on the build host.  A test is a function; a failed
 * CHECK says where, marks the test and leaves it.
 */
#ifndef PVHV_TAP_H
#define PVHV_TAP_H

#include <stdio.h>
#include <string.h>

#include "lib/array.h"

struct tap_test {
	const char *name;
	void (*run)(void);
};

static int tap_bad;

#define CHECK(cond) do {						\
	if (!(cond)) {							\
		printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);	\
		tap_bad = 1;						\
		return;							\
	}								\
} while (0)

#define CHECK_EQ(a, b) do {						\
	unsigned long long a_ = (a), b_ = (b);				\
									\
	if (a_ != b_) {							\
		printf("# %s:%d: %s is %#llx, %s is %#llx\n", __FILE__,	\
		       __LINE__, #a, a_, #b, b_);			\
		tap_bad = 1;						\
		return;							\
	}								\
} while (0)

/* text must contain all of the words that follow, up to NULL. */
#define CHECK_SAYS(text, ...) do {					\
	const char *words_[] = { __VA_ARGS__ };				\
									\
	for (size_t i_ = 0; i_ < ARRAY_SIZE(words_); i_++) {		\
		if (!strstr(text, words_[i_])) {			\
			printf("# %s:%d: no '%s' in '%s'\n", __FILE__,	\
			       __LINE__, words_[i_], text);		\
			tap_bad = 1;					\
			return;						\
		}							\
	}								\
} while (0)

static inline int tap_run(const struct tap_test *tests, unsigned int n)
{
	int failed = 0;

	printf("TAP version 13\n1..%u\n", n);
	for (unsigned int i = 0; i < n; i++) {
		tap_bad = 0;
		tests[i].run();
		printf("%s %u %s\n", tap_bad ? "not ok" : "ok", i + 1, tests[i].name);
		fflush(stdout);
		failed += tap_bad;
	}
	return failed != 0;
}

#define TAP_MAIN(...)							\
int main(void)								\
{									\
	static const struct tap_test tests[] = { __VA_ARGS__ };		\
									\
	return tap_run(tests, ARRAY_SIZE(tests));			\
}

#endif
