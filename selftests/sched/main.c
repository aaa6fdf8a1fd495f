// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of kmod/sched: the very files of the module, compiled as a program.
 * Usage: sched_test [-s seed] [name]; TAP on stdout.
 */
#include <unistd.h>
#include "fake.h"

#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))
#define C_US	5000	/* bvt.c: context switch allowance */
#define MCU_US	100	/* minimum charging unit */

static u64 service(const struct fake_vcpu *f)
{
	return f->v.run_tsc;
}

static void check_near(const char *what, double got, double want, double tolerance)
{
	CHECK(got > want - tolerance && got < want + tolerance, "%s: %.4f, not %.4f +- %.4f", what, got,
	      want, tolerance);
}

/* --- the paper's bound --- */

/*
 * Busy vCPUs i, j with weights w: at any time
 *	| S_i / w_i - S_j / w_j | <= (C + MCU) (1 / w_i + 1 / w_j)
 * where S is the service since both wanted to run; a timer is late by at
 * most the distance of two (TIMER).
 */
static void check_lag(u64 *base)
{
	double slack = US(C_US + MCU_US + 50) * 1.001;
	unsigned int i, j;

	for (i = 0; i < fake_vcpus(); i++) {
		for (j = 0; j < i; j++) {
			double wi = vcpus[i]->dom.sched.weight, wj = vcpus[j]->dom.sched.weight;
			double d = (service(vcpus[i]) - base[i]) / wi - (service(vcpus[j]) - base[j]) / wj;

			if (d < 0)
				d = -d;
			CHECK(d <= slack * (1 / wi + 1 / wj), "lag of %u and %u is %.0f, the bound %.0f",
			      i, j, d, slack * (1 / wi + 1 / wj));
		}
	}
}

static void test_lag(void)
{
	u64 base[32] = { 0 };
	int round, i, n;

	for (round = 0; round < 2000 && !fake_failed; round++) {
		fake_machine(1, SCHED_POLICY_BVT);
		n = 2 + rand() % 7;
		for (i = 0; i < n; i++)
			fake_add(0, 32 + rand() % 1024, busy);
		for (i = 0; i < 20; i++) {
			fake_run(US(rand() % 100000));
			check_lag(base);
		}
	}
}

/* --- shares --- */

static void test_shares_n(unsigned int n, int equal)
{
	double sum = 0;
	unsigned int i;

	fake_machine(1, SCHED_POLICY_BVT);
	fake_switch_cost = US(5);
	for (i = 0; i < n; i++) {
		fake_add(0, equal ? 256 : 64 << (i % 4), busy);
		sum += vcpus[i]->dom.sched.weight;
	}
	fake_run(S(10));
	for (i = 0; i < n; i++) {
		double want = vcpus[i]->dom.sched.weight / sum;

		check_near("share", service(vcpus[i]) / (double)S(10), want, 0.05 * want);
	}
	fake_switch_cost = 0;
}

static void test_shares(void)
{
	unsigned int n[] = { 2, 8, 32 }, i;

	for (i = 0; i < ARRAY_SIZE(n); i++) {
		test_shares_n(n[i], 1);
		test_shares_n(n[i], 0);
	}
}

static void test_idle_share(void)
{
	int i;

	fake_machine(1, SCHED_POLICY_BVT);
	for (i = 0; i < 3; i++)
		fake_add(0, 256, busy);
	fake_add(0, 256, idle);
	fake_run(S(10));
	for (i = 0; i < 3; i++)
		check_near("a third", service(vcpus[i]) / (double)S(10), 1.0 / 3, 0.02 / 3);
}

/* --- games --- */

/* Runs until just before the end of a slice, sleeps over it. */
static struct step gamer_edge(struct fake_vcpu *f)
{
	return (struct step){ .run = US(4900), .then = SLEEP, .sleep = US(60) };
}

static struct step gamer_short(struct fake_vcpu *f)
{
	return (struct step){ .run = US(20), .then = SLEEP, .sleep = US(50) };
}

static struct step gamer_random(struct fake_vcpu *f)
{
	return (struct step){ .run = US(1 + rand() % 10000), .then = SLEEP, .sleep = US(50 + rand() % 3000) };
}

/* Sleeps long, then wants all that it missed. */
static struct step gamer_saver(struct fake_vcpu *f)
{
	if (f->data++ % 2)
		return (struct step){ .run = US(10), .then = SLEEP, .sleep = MS(500) };
	return (struct step){ .run = MS(500), .then = GO_ON };
}

static struct step gamer_yield(struct fake_vcpu *f)
{
	return (struct step){ .run = US(f->data++ % 100 ? 10 : 5000), .then = YIELD };
}

/* Costs its neighbours two switches for each microsecond of its own. */
static struct step gamer_tiny(struct fake_vcpu *f)
{
	return (struct step){ .run = US(1), .then = SLEEP, .sleep = US(1) };
}

static void test_games(void)
{
	struct step (*games[])(struct fake_vcpu *) = {
		gamer_edge, gamer_short, gamer_random, gamer_saver, gamer_yield, gamer_tiny,
	};
	unsigned int i, v;
	u64 useful;

	for (i = 0; i < ARRAY_SIZE(games); i++) {
		struct fake_vcpu *gamer;

		fake_machine(1, SCHED_POLICY_BVT);
		fake_switch_cost = US(10);
		fake_add(0, 256, busy);
		fake_add(0, 256, busy);
		fake_add(0, 256, busy);
		gamer = fake_add(0, 256, games[i]);
		fake_run(S(10));
		CHECK(service(gamer) <= S(10) / 4 * 1.05, "game %u: gets %.3f of a quarter", i,
		      service(gamer) / (double)(S(10) / 4));
		CHECK(vcpus[0]->useful >= S(10) / 4 * 0.95, "game %u: leaves %.3f of a quarter", i,
		      vcpus[0]->useful / (double)(S(10) / 4));
		/* the minimum charge: who makes many switches soon waits for his turn */
		for (v = 0, useful = 0; v < fake_vcpus(); v++)
			useful += vcpus[v]->useful;
		CHECK(useful >= S(10) * 0.98, "game %u: switches leave %.3f of the core", i, useful / (double)S(10));
		fake_switch_cost = 0;
	}
}

/* Gives way for half a second, then wants all of it back at once. */
static struct step yield_then_run(struct fake_vcpu *f)
{
	if (fake_now / MS(500) % 2)
		return (struct step){ .run = MS(20), .then = GO_ON };
	return (struct step){ .run = US(20), .then = YIELD };
}

static void test_yield(void)
{
	fake_machine(1, SCHED_POLICY_BVT);
	fake_add(0, 256, busy);
	fake_add(0, 256, yield_then_run);
	fake_run(S(10));
	CHECK(vcpus[0]->longest_wait <= MS(2 * C_US / 1000 + 1), "the other waits for %llu us",
	      (unsigned long long)vcpus[0]->longest_wait / 1000);
	CHECK(vcpus[0]->useful >= S(7), "and gets what it leaves: %.3f s", vcpus[0]->useful / 1e9);
}

/* --- timers --- */

static u64 timers_rung, timers_late, timers_latest;

static struct step timer_user(struct fake_vcpu *f)
{
	u64 late;

	/* data: when the last one was due; the step that ends here began when it came on */
	if (f->step.then == SLEEP && f->data) {
		late = fake_now - f->step.run - f->data;
		timers_rung++;
		timers_late += late > US(2);
		if (late > timers_latest)
			timers_latest = late;
	}
	f->data = fake_now + f->step.sleep;
	return (struct step){ .run = US(1), .then = SLEEP, .sleep = US(60 + rand() % 19940) };
}

/* Alone on its core; also with an APIC whose rate is known to four digits only. */
static void test_timers(void)
{
	u64 early;

	for (early = 0; early <= 1000; early += 100) {
		fake_machine(1, SCHED_POLICY_BVT);
		fake_timer_early = early;
		timers_rung = timers_late = timers_latest = 0;
		fake_add(0, 256, timer_user);
		fake_run(S(20));
		fake_timer_early = 0;
		CHECK(timers_rung >= 1000, "only %llu timers", (unsigned long long)timers_rung);
		CHECK(timers_latest <= US(50), "one is %llu ns late", (unsigned long long)timers_latest);
		/* a tick of the core's own just before it delays one now and then */
		CHECK(timers_late * 100 <= timers_rung, "%llu of %llu are late, with an APIC %llu millionths too fast",
		      (unsigned long long)timers_late, (unsigned long long)timers_rung, (unsigned long long)early);
	}
}

/* --- warp --- */

static struct step waker(struct fake_vcpu *f)
{
	return (struct step){ .run = US(500), .then = SLEEP, .sleep = MS(9) };
}

static void test_warp_latency(void)
{
	struct fake_vcpu *f;
	u64 plain;
	int i;

	for (i = 0; i < 2; i++) {
		fake_machine(1, SCHED_POLICY_BVT);
		fake_add(0, 256, busy);
		fake_add(0, 256, busy);
		/* of little weight: without warp it waits for its turn */
		fake_params = (struct sched_params){ .warp = i, .warp_us = 10000000 };
		f = fake_add(0, 16, waker);
		fake_run(S(5));
		if (!i)
			plain = f->v.ready_tsc * 1000 / (service(f) + 1);
		else
			CHECK(f->v.ready_tsc * 1000 / (service(f) + 1) < plain / 4,
			      "warped it waits %llu, plain %llu per 1000 of service",
			      (unsigned long long)(f->v.ready_tsc * 1000 / service(f)),
			      (unsigned long long)plain);
	}
}

/* A warped busy vCPU may run for its limit, then not warped for the other time; its share is its weight's. */
static void test_warp_limits(void)
{
	struct fake_vcpu *f;
	u64 before;
	int i;

	fake_machine(1, SCHED_POLICY_BVT);
	for (i = 0; i < 3; i++)
		fake_add(0, 256, busy);
	fake_run(MS(100));
	fake_params = (struct sched_params){
		.warp = 1, .warp_us = 10000000, .warp_limit_us = 30000, .unwarp_us = 100000000,
	};
	f = fake_add(0, 256, busy);
	before = fake_now;
	fake_run(MS(30));
	CHECK(service(f) >= MS(25), "warped it runs at once: %llu", (unsigned long long)service(f));
	fake_run(MS(60));
	CHECK(service(f) <= MS(30 + C_US / 1000 + 1), "and stops at the limit: %llu",
	      (unsigned long long)service(f));
	fake_run(S(10));
	check_near("share of the whole", service(f) / (double)(fake_now - before), 0.25, 0.25 * 0.05);
}

/* --- caps --- */

static void test_cap(void)
{
	struct fake_vcpu *f;

	fake_machine(1, SCHED_POLICY_BVT);
	f = fake_add(0, 256, busy);
	f->dom.sched.cap = 30;
	fake_run(S(10));
	check_near("alone, capped", service(f) / (double)S(10), 0.3, 0.3 * 0.03);
	fake_add(0, 256, busy);
	fake_run(S(10));
	check_near("the other gets the rest", service(vcpus[1]) / (double)S(10), 0.7, 0.7 * 0.03);
	f->dom.sched.cap = 0;
	fake_run(S(10));
	check_near("no cap any more", (service(f)) / (double)S(30), (0.3 + 0.3 + 0.5) / 3, 0.02);
}

static struct step now_and_then(struct fake_vcpu *f)
{
	return (struct step){ .run = US(500), .then = SLEEP, .sleep = US(9500) };
}

/* One of the vCPUs of the first one's domain. */
static void join_domain(struct fake_vcpu *f, struct fake_vcpu *first)
{
	struct domain *d = &first->dom;

	f->v.id = d->nr_vcpus;
	d->vcpu[d->nr_vcpus++] = &f->v;
	f->v.dom = d;
}

/* Four vCPUs of one domain, alone on four cores: what they run together, in cores. */
static double four_capped(u32 cap, struct step (*others)(struct fake_vcpu *))
{
	u64 sum = 0;
	int i;

	fake_machine(4, SCHED_POLICY_BVT);
	fake_add(0, 256, busy)->dom.sched.cap = cap;
	for (i = 1; i < 4; i++)
		join_domain(fake_add(i, 256, others), vcpus[0]);
	fake_run(S(10));
	for (i = 0; i < 4; i++)
		sum += service(vcpus[i]);
	return sum / (double)S(10);
}

/* A cap is the domain's, whichever of its vCPUs run, and on how many cores. */
static void test_cap_of_several(void)
{
	check_near("all are busy", four_capped(150, busy), 1.5, 1.5 * 0.03);
	/* less than what each may run before it looks again: it is paid for in the next period */
	check_near("all are busy, a small cap", four_capped(4, busy), 0.04, 0.04 * 0.05);
	check_near("one is busy", four_capped(100, now_and_then), 1, 0.03);
	CHECK(service(vcpus[0]) > S(10) * 0.8, "it has what the others leave: %.3f", service(vcpus[0]) / (double)S(10));
}

/* --- wake-ups --- */

static void test_events(void)
{
	int round, i;

	fake_machine(4, SCHED_POLICY_BVT);
	for (i = 0; i < 40; i++)
		fake_add(i % 4, 256, i % 3 ? idle : gamer_random);
	for (round = 0; round < 20000; round++) {
		struct fake_vcpu *f = vcpus[rand() % 40];

		fake_raise(f, 8 + rand() % 200);
		if (!(rand() % 8))
			fake_run(US(rand() % 300));
	}
	fake_run(S(1));
	for (i = 0; i < 40; i++)
		CHECK(i % 3 == 0 || !event_pending(&vcpus[i]->v), "vCPU %d has seen all its events", i);
}

static struct step poller(struct fake_vcpu *f)
{
	f->data++;
	return (struct step){ .run = US(10), .then = POLL };
}

static void test_poll(void)
{
	struct fake_vcpu *f;

	fake_machine(1, SCHED_POLICY_BVT);
	f = fake_add(0, 256, poller);
	fake_run(MS(1));
	f->page.mask[0] = ~0ULL;
	fake_raise(f, 9);
	fake_run(MS(1));
	CHECK(f->v.state == VCPU_BLOCKED && f->data <= 2, "another port does not wake it");
	fake_raise(f, PVHV_PORT_KICK);
	fake_run(MS(1));
	CHECK(f->data == 3, "its port does, though masked (%llu)", (unsigned long long)f->data);
	/* it came, and was told of, while the vCPU ran */
	f->hold = 1;
	f->page.pending[0] = 1 << PVHV_PORT_KICK;
	fake_raise(f, PVHV_PORT_KICK);
	fake_run(MS(1));
	CHECK(f->data > 10, "a port that is pending ends the next poll, too (%llu)",
	      (unsigned long long)f->data);
}

static struct step blocker(struct fake_vcpu *f)
{
	f->data++;
	return (struct step){ .run = US(10), .then = BLOCK };
}

static void test_block(void)
{
	struct fake_vcpu *f;

	fake_machine(2, SCHED_POLICY_BVT);
	f = fake_add(0, 256, blocker);
	fake_run(MS(1));
	CHECK(f->v.state == VCPU_BLOCKED, "it sleeps");
	f->hold = 1;
	fake_raise(f, 8);
	fake_run(MS(1));
	CHECK(f->data > 10, "it does not block while an event is pending (%llu)",
	      (unsigned long long)f->data);
	f->hold = 0;
	fake_run(MS(1));
	/* a raiser that knew an old core of it */
	f->page.pending[0] = 1ULL << 8;
	f->data = 0;
	wake_mark(hv.cores[1], &f->v, VCPU_WAKE_EVENT);
	move_ring(hv.cores[1]);
	fake_run(MS(1));
	CHECK(f->data == 1 && !hv.cores[1]->run_tsc, "a wake-up at another core is passed on (%llu, %llu)",
	      (unsigned long long)f->data, (unsigned long long)hv.cores[1]->run_tsc);
}

/* --- cores --- */

static void test_idle_cores_help(void)
{
	int i;

	fake_machine(4, SCHED_POLICY_BVT);
	for (i = 0; i < 4; i++)
		fake_add(0, 256, busy);
	fake_run(S(1));
	for (i = 0; i < 4; i++)
		CHECK(service(vcpus[i]) > S(1) * 0.98, "vCPU %d has a core of its own: %.3f", i,
		      service(vcpus[i]) / 1e9);
}

/* Three on two cores: two thirds each. */
static void test_turns(void)
{
	int i;

	fake_machine(2, SCHED_POLICY_BVT);
	for (i = 0; i < 3; i++)
		fake_add(0, 256, busy);
	fake_run(S(10));
	for (i = 0; i < 3; i++)
		check_near("two thirds", service(vcpus[i]) / (double)S(10), 2.0 / 3, 2.0 / 3 * 0.05);
}

static void test_pins(void)
{
	int i;

	fake_machine(4, SCHED_POLICY_BVT);
	for (i = 0; i < 8; i++) {
		fake_add(0, 256, i % 2 ? busy : gamer_random);
		vcpus[i]->v.sched.allowed = 1 << (i % 2);
	}
	fake_run(S(1));
	for (i = 0; i < 8; i++)
		CHECK(vcpus[i]->v.core == hv.cores[i % 2], "vCPU %d is where it is pinned to", i);
	CHECK(hv.cores[2]->run_tsc == 0 && hv.cores[3]->run_tsc == 0, "nowhere else");
}

static void test_leave(void)
{
	int i, round;

	fake_machine(4, SCHED_POLICY_BVT);
	for (i = 0; i < 24; i++)
		fake_add(i % 4, 256, i % 2 ? busy : gamer_random);
	for (round = 0; round < 200; round++) {
		struct pcore *c = hv.cores[rand() % 4];

		fake_run(MS(1 + rand() % 20));
		fake_core = c;
		c->sched.closed = 1;
		CHECK(!fake_leave(c), "all can go");
		fake_raise(vcpus[rand() % 24], 8);
		fake_run(MS(2));
		CHECK(!sched_leave(c, true) && !c->nr_vcpus, "the core is empty");
		c->sched.closed = 0;
	}
	fake_run(S(1));
	for (i = 1; i < 24; i += 2)
		CHECK(service(vcpus[i]) > MS(100), "vCPU %d goes on", i);
}

static void test_rr(void)
{
	int i;

	fake_machine(1, SCHED_POLICY_RR);
	for (i = 0; i < 5; i++)
		fake_add(0, 64 << i, busy);
	fake_run(S(10));
	for (i = 0; i < 5; i++)
		check_near("a fifth", service(vcpus[i]) / (double)S(10), 0.2, 0.004);
}

static void test_random(void)
{
	struct step (*kinds[])(struct fake_vcpu *) = {
		busy, idle, poller, gamer_random, gamer_yield, waker,
	};
	int round, i;

	for (round = 0; round < 300 && !fake_failed; round++) {
		fake_machine(1 + rand() % 4, rand() % 2);
		for (i = 0; i < 3 + rand() % 20; i++)
			fake_add(0, 1 + rand() % 65535, kinds[rand() % ARRAY_SIZE(kinds)]);
		for (i = 0; i < 60; i++) {
			struct fake_vcpu *f = vcpus[rand() % fake_vcpus()];

			fake_run(US(rand() % 5000));
			switch (rand() % 6) {
			case 0:
				fake_raise(f, rand() % PVHV_NR_PORTS);
				break;
			case 1:
				f->dom.sched.cap = rand() % 3 ? 0 : 1 + rand() % 100;
				break;
			case 2:
				f->dom.sched.weight = rand() % 65536;
				f->dom.sched.warp = rand() % 2;
				f->dom.sched.warp_us = rand() % 1000000;
				f->dom.sched.warp_limit_us = rand() % 10000;
				break;
			case 3:
				if (!f->v.core)
					break;
				fake_remove(f);
				f->v.core = hv.cores[0];
				fake_core = hv.cores[0];
				sched_add(hv.cores[0], &f->v);
				break;
			case 4:
				f->v.sched.allowed = rand() % 16;
				wake_mark(f->v.core, &f->v, VCPU_WAKE_LOOK);
				break;
			}
		}
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "test_lag: thousands of schedules stay within the paper's bound", test_lag },
	{ "test_shares: by weight, within 5 % over 10 s, of 2, 8 and 32", test_shares },
	{ "test_idle_share: what one leaves goes to the others, within 2 %", test_idle_share },
	{ "test_games: F8: sleep, wake and yield at edges gain no 5 %", test_games },
	{ "test_timers: who is alone is woken in time, at most 50 us late", test_timers },
	{ "test_warp_latency: who is warped waits less", test_warp_latency },
	{ "test_warp_limits: but not for ever, and gets no more", test_warp_limits },
	{ "test_cap: caps", test_cap },
	{ "test_cap_of_several: caps of several vCPUs", test_cap_of_several },
	{ "test_events: no wake-up is lost", test_events },
	{ "test_poll: SCHED_POLL", test_poll },
	{ "test_block: what is pending ends a sleep", test_block },
	{ "test_yield: giving way saves nothing up", test_yield },
	{ "test_idle_cores_help: idle cores take what waits", test_idle_cores_help },
	{ "test_turns: three on two cores take turns", test_turns },
	{ "test_pins: vCPUs stay where they are pinned", test_pins },
	{ "test_leave: cores are emptied under load", test_leave },
	{ "test_hand_over: who is handed over and woken at once arrives", test_hand_over },
	{ "test_leave_late: a core that has left gets nothing more", test_leave_late },
	{ "test_leave_lost: not even from itself", test_leave_lost },
	{ "test_port: an event finds the vCPU that its port is bound to", test_port },
	{ "test_calibrate: the timer's rate, whatever comes between", test_calibrate },
	{ "test_cores_sets: by weight on several cores, within 5 % over 10 s", test_cores_sets },
	{ "test_cores_most: nobody gets more than a core", test_cores_most },
	{ "test_cores_change: weights and vCPUs change", test_cores_change },
	{ "test_cores_pins: one of them is pinned", test_cores_pins },
	{ "test_cores_sleepers: by weight of what sleepers leave", test_cores_sleepers },
	{ "test_cores_cap: by weight of what a cap leaves", test_cores_cap },
	{ "test_cores_rr: round robin takes turns, too", test_cores_rr },
	{ "test_cores_big: 1,000 vCPUs of all weights on 64 cores", test_cores_big },
	{ "test_rr: round robin knows no weights", test_rr },
	{ "test_random: random behaviour, parameters and moves", test_random },
};

int main(int argc, char **argv)
{
	unsigned int i, nr = 0, failed = 0, seed = 1;
	int opt;

	while ((opt = getopt(argc, argv, "s:")) != -1) {
		if (opt != 's')
			return 2;
		seed = strtoul(optarg, NULL, 0);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		if (argv[optind] && !strstr(tests[i].name, argv[optind]))
			continue;
		srand(seed);
		fake_failed = 0;
		tests[i].run();
		failed += !!fake_failed;
		printf("%sok %u %s\n", fake_failed ? "not " : "", ++nr, tests[i].name);
	}
	printf("1..%u\n", nr);
	return failed ? 1 : 0;
}
