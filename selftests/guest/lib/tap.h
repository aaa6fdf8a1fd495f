/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test's results as TAP lines on the console.
 * Side: guest.
 */
#ifndef GUEST_TAP_H
#define GUEST_TAP_H

#include "types.h"

/* One result; returns cond. */
bool ok(bool cond, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for two numbers, which are shown when they differ. */
bool same(u64 want, u64 got, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A remark. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void skip(const char *why, const char *what);
/* The plan line, then power off. */
_Noreturn void tap_done(void);
/* This guest cannot go on: its test has failed. */
void __attribute__((noreturn, format(printf, 1, 2))) guest_panic(const char *fmt, ...);
/* The end that the test wants comes now, by the hypervisor: tells the runner that all before went well. */
void tap_plan(void);

#endif
