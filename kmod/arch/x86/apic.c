// SPDX-License-Identifier: GPL-2.0
/*
 * The core's local APIC, xAPIC or x2APIC as the host has it (SDM volume 3, chapter 11).
 * Side: core.
 */
#include "apic.h"
#include "asm.h"

#define APIC_TPR	0x80
#define APIC_EOI	0xb0
#define APIC_SVR	0xf0
#define APIC_ICR	0x300
#define APIC_ICR2	0x310
#define APIC_LVT_TIMER	0x320
#define APIC_LVT_LINT0	0x350
#define APIC_LVT_LINT1	0x360
#define APIC_LVT_ERROR	0x370
#define APIC_TMICT	0x380
#define APIC_TMCCT	0x390
#define APIC_TDCR	0x3e0
#define APIC_MASKED	(1 << 16)
#define APIC_BUSY	(1 << 12)
#define APIC_TDR_DIV1	0xb
#define APIC_BASE_X2	(1 << 10)
#define APIC_TRIES	16	/* readings of the timer for one sample */

static u32 apic_read(u32 reg)
{
	if (hv.x2apic)
		return rdmsr(0x800 + (reg >> 4));
	return *(volatile u32 *)(hv.apic_va + reg);
}

static void apic_write(u32 reg, u32 val)
{
	if (hv.x2apic)
		wrmsr(0x800 + (reg >> 4), val);
	else
		*(volatile u32 *)(hv.apic_va + reg) = val;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

void apic_send(u32 dest, u32 icr)
{
	if (hv.x2apic) {
		/* the write is not ordered behind earlier stores by itself */
		asm volatile("mfence; lfence" : : : "memory");
		wrmsr(0x830, (u64)dest << 32 | icr);
		return;
	}
	while (apic_read(APIC_ICR) & APIC_BUSY)
		cpu_pause();
	apic_write(APIC_ICR2, dest << 24);
	apic_write(APIC_ICR, icr);
}

struct apic_sample {
	u64 tsc, width;
	u32 left;
};

/* TSC and timer at the same moment: the closest of a few readings, something (an SMI) may come between the two. */
static void apic_sample(struct apic_sample *s)
{
	int i;

	s->width = ~0ULL;
	for (i = 0; i < APIC_TRIES; i++) {
		u64 before = rdtsc_ordered_();
		u32 left = apic_read(APIC_TMCCT);
		u64 width = rdtsc_ordered_() - before;

		if (width >= s->width)
			continue;
		s->width = width;
		s->tsc = before + width / 2;
		s->left = left;
	}
}

/* Measures the timer against the TSC for 4 ms; again if it ran out meanwhile. */
static void apic_calibrate(struct pcore *c)
{
	struct apic_sample a, b;

	do {
		apic_write(APIC_TMICT, ~0U);
		apic_sample(&a);
		while (rdtsc_ordered_() - a.tsc < hv.tsc_khz * 4)
			cpu_pause();
		apic_sample(&b);
	} while (!b.left);
	apic_write(APIC_TMICT, 0);
	c->apic_mult = ((u64)(a.left - b.left) << 32) / (b.tsc - a.tsc);
}

void apic_init(struct pcore *c)
{
	if (hv.x2apic)
		wrmsr(MSR_APIC_BASE_, rdmsr(MSR_APIC_BASE_) | APIC_BASE_X2);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_SVR, 0x100 | PCORE_SPURIOUS_VECTOR);
	apic_write(APIC_LVT_LINT0, APIC_MASKED);
	apic_write(APIC_LVT_LINT1, APIC_MASKED);
	apic_write(APIC_LVT_ERROR, APIC_MASKED);
	apic_write(APIC_LVT_TIMER, APIC_MASKED | PCORE_TIMER_VECTOR);
	apic_write(APIC_TDCR, APIC_TDR_DIV1);
	apic_calibrate(c);
	apic_write(APIC_LVT_TIMER, PCORE_TIMER_VECTOR);
	c->timer_armed = ~0ULL;
}

void apic_off(struct pcore *c)
{
	apic_write(APIC_LVT_TIMER, APIC_MASKED | PCORE_TIMER_VECTOR);
	apic_write(APIC_TMICT, 0);
	c->timer_armed = ~0ULL;
}

void apic_timer(struct pcore *c, u64 deadline)
{
	u64 now, ticks;

	if (deadline == c->timer_armed)
		return;
	c->timer_armed = deadline;
	if (deadline == ~0ULL) {
		apic_write(APIC_TMICT, 0);
		return;
	}
	now = rdtsc_ordered_();
	ticks = deadline > now ? deadline - now : 0;
	/* far deadlines are approached in steps; the interrupt finds nothing due and arms again */
	if (ticks > 1ULL << 30)
		ticks = 1ULL << 30;
	/* rounded up: rather late by one of its ticks than too early */
	ticks = (ticks * c->apic_mult + ~0U) >> 32;
	apic_write(APIC_TMICT, ticks < 1 ? 1 : ticks > ~0U ? ~0U : ticks);
}
