// SPDX-License-Identifier: GPL-2.0
/* Shares by weight over several cores. */
#include "fake.h"

#define MIGRATIONS	10	/* per second and core */

static double want[MAX_VCPUS];	/* of a core */
static u64 base[MAX_VCPUS];
static u64 base_migrations;

/* By weight, but nobody more than one core; the rest goes to the others. */
static void fair(unsigned int cores)
{
	unsigned int i, n = fake_vcpus(), left = cores, given;
	double sum = 0;

	for (i = 0; i < n; i++) {
		sum += vcpus[i]->dom.sched.weight;
		want[i] = 0;
	}
	do {
		given = 0;
		for (i = 0; i < n; i++) {
			double w = vcpus[i]->dom.sched.weight;

			if (want[i] || w * left < sum)
				continue;
			want[i] = 1;
			sum -= w;
			left--;
			given = 1;
		}
	} while (given && left);
	for (i = 0; i < n; i++)
		if (!want[i])
			want[i] = vcpus[i]->dom.sched.weight / sum * left;
}

static u64 migrations(void)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < fake_vcpus(); i++)
		sum += vcpus[i]->v.sched.migrations;
	return sum;
}

static void begin(void)
{
	unsigned int i;

	for (i = 0; i < fake_vcpus(); i++)
		base[i] = vcpus[i]->v.run_tsc;
	base_migrations = migrations();
}

static double share(unsigned int i, unsigned int seconds)
{
	return (vcpus[i]->v.run_tsc - base[i]) / (double)S(seconds);
}

/* Of those that compute all the time. */
static void check_shares(const char *what, unsigned int seconds, double part)
{
	unsigned int i;

	for (i = 0; i < fake_vcpus(); i++) {
		double got = share(i, seconds) / want[i];

		if (vcpus[i]->behave != busy)
			continue;
		CHECK(got > 1 - part && got < 1 + part, "%s: vCPU %u of weight %u gets %.3f of its share %.3f", what, i,
		      vcpus[i]->dom.sched.weight, got, want[i]);
	}
}

static void check_migrations(const char *what, unsigned int cores, unsigned int seconds)
{
	double rate = (migrations() - base_migrations) / (double)cores / seconds;

	CHECK(rate <= MIGRATIONS, "%s: %.1f moves per second and core", what, rate);
}

/* One after the other on the first core, or spread; a second to find their places, then ten. */
static void busy_set(const char *what, const u32 *weights, unsigned int n, unsigned int cores, int spread)
{
	unsigned int i;

	fake_machine(cores, SCHED_POLICY_BVT);
	for (i = 0; i < n; i++)
		fake_add(spread ? i % cores : 0, weights[i], busy);
	fair(cores);
	fake_run(S(1));
	begin();
	fake_run(S(10));
	check_shares(what, 10, 0.05);
	check_migrations(what, cores, 10);
}

static void random_sets(unsigned int n, unsigned int cores)
{
	u32 weights[32];
	char what[64];
	unsigned int i, round;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < n; i++)
			weights[i] = 64 + rand() % 449;
		snprintf(what, sizeof(what), "set %u of %u on %u cores", round, n, cores);
		busy_set(what, weights, n, cores, round % 2);
	}
}

void test_cores_sets(void)
{
	static const u32 odd[] = { 768, 512, 512 }, tight[] = { 290, 150, 150 }, four[] = { 5, 3, 4, 3 },
			 eight[] = { 256, 512, 768, 1024, 1280, 1536, 1792, 2048 };
	int spread;

	for (spread = 0; spread < 2; spread++) {
		busy_set("3, 2, 2 on two", odd, 3, 2, spread);
		busy_set("290, 150, 150 on two", tight, 3, 2, spread);
		busy_set("5, 3, 4, 3 on two", four, 4, 2, spread);
		busy_set("1 .. 8 on two", eight, 8, 2, spread);
		busy_set("1 .. 8 on four", eight, 8, 4, spread);
	}
	random_sets(3, 2);
	random_sets(8, 2);
	random_sets(32, 2);
	random_sets(8, 4);
	random_sets(32, 4);
}

/* Who deserves more than a core gets one. */
void test_cores_most(void)
{
	static const u32 two[] = { 64, 1024 }, one_big[] = { 2560, 256, 256 }, three[] = { 2560, 768, 512, 512 };

	busy_set("two on two", two, 2, 2, 0);
	busy_set("two on four", two, 2, 4, 0);
	busy_set("10, 1, 1 on two", one_big, 3, 2, 1);
	busy_set("10, 3, 2, 2 on three", three, 4, 3, 1);
}

/* What could not be used before, or was to be had from nobody, is neither credit nor debt. */
void test_cores_change(void)
{
	static const u32 weights[] = { 2560, 256, 256 }, alone[] = { 512, 256 };

	busy_set("10, 1, 1 on two", weights, 3, 2, 1);
	vcpus[0]->dom.sched.weight = 256;
	fair(2);
	begin();
	fake_run(S(10));
	check_shares("then 1, 1, 1", 10, 0.05);
	busy_set("2, 1 on two", alone, 2, 2, 1);
	vcpus[0]->dom.sched.weight = 384;
	fake_add(0, 256, busy);
	fair(2);
	begin();
	fake_run(S(10));
	check_shares("then 1.5, 1, 1", 10, 0.05);
	fake_remove(vcpus[2]);
	fake_run(S(5));
	vcpus[2]->v.core = hv.cores[1];
	fake_core = hv.cores[1];
	sched_add(hv.cores[1], &vcpus[2]->v);
	fair(2);
	begin();
	fake_run(S(10));
	check_shares("and again after a pause", 10, 0.05);
}

void test_cores_pins(void)
{
	int i;

	fake_machine(2, SCHED_POLICY_BVT);
	fake_add(0, 768, busy);
	fake_add(0, 512, busy);
	fake_add(1, 512, busy);
	vcpus[1]->v.sched.allowed = 2;
	wake_mark(hv.cores[0], &vcpus[1]->v, VCPU_WAKE_LOOK);
	move_ring(hv.cores[0]);
	fair(2);
	fake_run(S(1));
	begin();
	for (i = 0; i < 1000; i++) {
		fake_run(MS(10));
		CHECK(vcpus[1]->v.core == hv.cores[1], "it leaves its core at %d", i);
	}
	check_shares("3, 2 (pinned), 2", 10, 0.05);
	check_migrations("3, 2 (pinned), 2", 2, 10);
}

static struct step sleeper(struct fake_vcpu *f)
{
	return (struct step){ .run = US(1 + rand() % 10000), .then = SLEEP, .sleep = US(50 + rand() % 30000) };
}

static struct step often(struct fake_vcpu *f)
{
	return (struct step){ .run = US(100), .then = SLEEP, .sleep = US(400) };
}

/* By weight of what the others leave, whatever those do. */
static void among(const char *what, unsigned int cores, unsigned int seconds, double part)
{
	double had = 0, sum = 0;
	unsigned int i;

	for (i = 0; i < fake_vcpus(); i++)
		if (vcpus[i]->behave == busy) {
			had += share(i, seconds);
			sum += vcpus[i]->dom.sched.weight;
		}
	for (i = 0; i < fake_vcpus(); i++)
		want[i] = vcpus[i]->dom.sched.weight / sum * had;
	check_shares(what, seconds, part);
	check_migrations(what, cores, seconds);
}

void test_cores_sleepers(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		fake_machine(2, SCHED_POLICY_BVT);
		fake_add(0, 768, busy);
		fake_add(0, 512, busy);
		fake_add(0, 512, busy);
		fake_add(1, 256, i ? often : sleeper);
		fake_add(1, 256, i ? often : sleeper);
		fake_add(0, 256, i ? often : sleeper);
		fake_run(S(1));
		begin();
		fake_run(S(10));
		/* short ones look as if they wanted as much as anybody, but wait for most of the time */
		among(i ? "beside short sleepers" : "beside sleepers", 2, 10, i ? 0.15 : 0.05);
	}
}

void test_cores_cap(void)
{
	static struct sched_params capped = { .cap = 30 };

	fake_machine(2, SCHED_POLICY_BVT);
	fake_add(0, 768, busy);
	fake_add(0, 512, busy);
	fake_add(0, 512, busy);
	fake_params = capped;
	fake_add(1, 1024, busy);
	fake_run(S(1));
	begin();
	fake_run(S(10));
	want[3] = 0.3;
	want[0] = 1.7 * 3 / 7;
	want[1] = want[2] = 1.7 * 2 / 7;
	check_shares("beside a capped one", 10, 0.05);
	check_migrations("beside a capped one", 2, 10);
}

void test_cores_rr(void)
{
	int i;

	fake_machine(2, SCHED_POLICY_RR);
	for (i = 0; i < 3; i++) {
		fake_add(0, 64 << i, busy);
		want[i] = 2.0 / 3;
	}
	fake_run(S(1));
	begin();
	fake_run(S(10));
	check_shares("round robin", 10, 0.05);
	check_migrations("round robin", 2, 10);
}

/* 1,000 vCPUs on 64 cores; some sleep, short or for ever. */
static void big(const char *what, int busy_only, double part)
{
	int i;

	fake_machine(64, SCHED_POLICY_BVT);
	for (i = 0; i < 1000; i++)
		fake_add(i % 64, 128 + rand() % 897,
			 busy_only || i % 5 > 1 ? busy : i % 5 ? sleeper : idle);
	fake_run(S(2));
	begin();
	fake_run(S(10));
	for (i = 0; i < 64; i++)
		CHECK(hv.cores[i]->idle_tsc < MS(60), "core %d has idled for %llu us", i,
		      (unsigned long long)hv.cores[i]->idle_tsc / 1000);
	among(what, 64, 10, part);
}

void test_cores_big(void)
{
	big("1,000 busy", 1, 0.10);
	big("600 busy", 0, 0.10);
}
