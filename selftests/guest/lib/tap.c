// SPDX-License-Identifier: GPL-2.0
/*
 * TAP lines: see tap.h.
 * Side: guest.
 */
#include "tap.h"
#include "console.h"
#include "hypercall.h"

static unsigned int tap_count;

static void tap_line(bool cond, const char *fmt, va_list ap)
{
	printf("%sok %u - ", cond ? "" : "not ", ++tap_count);
	vprintf(fmt, ap);
}

bool ok(bool cond, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(cond, fmt, ap);
	va_end(ap);
	printf("\n");
	return cond;
}

bool same(u64 want, u64 got, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(want == got, fmt, ap);
	va_end(ap);
	printf("\n");
	if (want != got)
		printf("# expected %lx, got %lx\n", want, got);
	return want == got;
}

void note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void skip(const char *why, const char *what)
{
	printf("ok %u - %s # SKIP %s\n", ++tap_count, what, why);
}

void tap_plan(void)
{
	printf("1..%u\n", tap_count);
	console_flush();
}

static void __attribute__((noreturn)) guest_end(u64 how)
{
	hc_sched(PVHV_SCHED_SHUTDOWN, how);
	for (;;)
		hc_sched(PVHV_SCHED_BLOCK, 0);
}

void tap_done(void)
{
	tap_plan();
	guest_end(PVHV_SHUTDOWN_POWEROFF);
}

void guest_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(false, fmt, ap);
	va_end(ap);
	printf("\n");
	console_flush();
	guest_end(PVHV_SHUTDOWN_PANIC);
}
