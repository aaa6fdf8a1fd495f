/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP for C tests that run on the build host.  A test is a function; the first
 * check that fails says where, and ends the test.
 */
#ifndef PVHV_TAP_H
#define PVHV_TAP_H

#include <string.h>

#include "lib/array.h"

struct tap_test {
	const char *name;
	void (*run)(void);
};

/* Each program defines its tests; the last has no name. */
extern const struct tap_test tap_tests[];

void tap_check(const char *file, int line, int ok, const char *what);
void tap_check_equal(const char *file, int line, unsigned long long a, unsigned long long b,
		     const char *what);
/* text must contain all of the words that follow, up to NULL. */
void tap_check_says(const char *file, int line, const char *text, ...)
	__attribute__((sentinel));

#define CHECK(cond)		tap_check(__FILE__, __LINE__, !!(cond), #cond)
#define CHECK_EQ(a, b)		tap_check_equal(__FILE__, __LINE__, a, b, #a " == " #b)
#define CHECK_SAYS(text, ...)	tap_check_says(__FILE__, __LINE__, text, __VA_ARGS__, NULL)

#endif
