// SPDX-License-Identifier: GPL-2.0
/*
 * How fast the TSC really counts: the host's figure, checked against its clock.
 * Side: host.  Context: process.
 *
 * Linux calibrates the TSC at boot, in a few milliseconds that something may
 * come between; where another clock then serves it as clocksource, it never
 * notices.  Guests have no other clock.  Where the TSC is the clocksource the
 * two agree by definition.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <asm/tsc.h>

#include "tscrate.h"

#define TSCRATE_MS	50
#define TSCRATE_TRIES	16
/* Of the host's figure, to each side: 0.1 %, above what an undisturbed measurement is off by. */
#define TSCRATE_PART	1000

struct tscrate_sample {
	u64 tsc, ns, width;
};

/* TSC and clock at the same moment: the closest of a few readings. */
static void tscrate_sample(struct tscrate_sample *s)
{
	unsigned long flags;
	u64 before, after, ns;
	int i;

	s->width = U64_MAX;
	for (i = 0; i < TSCRATE_TRIES; i++) {
		local_irq_save(flags);
		before = rdtsc_ordered();
		ns = ktime_get_raw_ns();
		after = rdtsc_ordered();
		local_irq_restore(flags);
		if (after - before >= s->width)
			continue;
		s->width = after - before;
		s->tsc = before + s->width / 2;
		s->ns = ns;
	}
}

u64 tscrate_khz(void)
{
	struct tscrate_sample a, b;
	u64 ticks, khz, slack, known = tsc_khz;

	tscrate_sample(&a);
	msleep(TSCRATE_MS);
	tscrate_sample(&b);
	ticks = b.tsc - a.tsc;
	if (b.ns <= a.ns || !ticks)
		return known;
	khz = mul_u64_u64_div_u64(ticks, NSEC_PER_MSEC, b.ns - a.ns);
	/* and what the readings took */
	slack = div_u64(known, TSCRATE_PART) + mul_u64_u64_div_u64(khz, a.width + b.width, ticks);
	if (khz <= known + slack && khz + slack >= known)
		return known;
	pr_warn("the host takes its TSC for %llu kHz, but by its clock it has %llu: guests use that\n",
		known, khz);
	return khz;
}
