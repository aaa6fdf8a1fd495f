/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine for kmod/sched in a program: cores with a clock, a timer and a
 * doorbell; vCPUs that do what a test's function says.  One thread; the
 * core whose clock is least goes on.
 */
#ifndef SELFTESTS_SCHED_FAKE_H
#define SELFTESTS_SCHED_FAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "domain.h"
#include "sched/move.h"
#include "sched/sched.h"
#include "sched/wake.h"
#include "arch/x86/event.h"

#define KHZ		1000000UL	/* a tick is a nanosecond */
#define US(x)		((u64)(x) * 1000)
#define MS(x)		((u64)(x) * 1000000)
#define S(x)		((u64)(x) * 1000000000)
#define MAX_VCPUS	1024

/* What a vCPU does next, when it is given the core: computes for run ticks, then ... */
struct step {
	u64 run;
	enum { GO_ON, BLOCK, SLEEP, YIELD, POLL } then;
	u64 sleep;	/* SLEEP: its timer */
};

struct fake_vcpu {
	struct domain dom;
	struct vcpu v;
	struct pvhv_vcpu_page page;
	struct step (*behave)(struct fake_vcpu *f);
	struct step step;
	u64 left;	/* of step.run */
	u64 data;
	u64 useful;	/* ran, without switches */
	int hold;	/* takes no events: virtual interrupts are off */
	u64 last_on, longest_wait;
};

extern struct fake_vcpu *vcpus[MAX_VCPUS];
extern u64 fake_now;
extern struct pcore *fake_core;	/* that executes */
extern u64 fake_switch_cost;
extern u64 fake_timer_early;	/* the timer rings by so many millionths of its time too early */
extern struct sched_params fake_params;	/* of the next domain, but for the weight */

/* A machine with so many cores, at time 0. */
void fake_machine(unsigned int cores, u32 policy);
/* A domain of one vCPU on that core. */
struct fake_vcpu *fake_add(unsigned int core, u32 weight, struct step (*behave)(struct fake_vcpu *));
void fake_remove(struct fake_vcpu *f);
/* An event from outside of the cores. */
void fake_raise(struct fake_vcpu *f, unsigned int port);
/* Goes on for so long. */
void fake_run(u64 time);
/* What all vCPUs and cores say adds up; also called by fake_run at its end. */
void fake_check(void);
unsigned int fake_vcpus(void);

/* What a core that is given back does until all have left it. */
s64 fake_leave(struct pcore *c);

/* behaviours */
struct step busy(struct fake_vcpu *f);		/* computes for ever */
struct step idle(struct fake_vcpu *f);		/* blocks for ever */

/* races.c, calibrate.c, shares.c */
void test_hand_over(void);
void test_leave_late(void);
void test_leave_lost(void);
void test_port(void);
void test_calibrate(void);
void test_cores_sets(void);
void test_cores_most(void);
void test_cores_change(void);
void test_cores_pins(void);
void test_cores_sleepers(void);
void test_cores_cap(void);
void test_cores_rr(void);
void test_cores_big(void);

extern int fake_failed;
#define CHECK(x, ...) do {						\
		if (!(x) && fake_failed++ < 20) {			\
			printf("# %s:%d: %s: ", __FILE__, __LINE__, #x);\
			printf(__VA_ARGS__);				\
			printf("\n");					\
		}							\
	} while (0)

#endif
