// SPDX-License-Identifier: GPL-2.0
/*
 * Shares by weight over several cores.
 * Side: core.
 *
 * The policy shares out one core; with a load of W (the sum of weights w) each vCPU on it gets w / W of it. Where
 * vCPUs cannot be spread so that all loads are equal, they have to take turns in the worse places.
 *
 * A vCPU's served is its service per weight, as virtual time, on a scale that is the same on all cores. The mean of a core
 * is that of its vCPUs that want to run, by weight; it advances by 1 / W. What has to stay small is
 *	E = sum of w (served - mean of all)^2
 * In an interval T without moves E changes by T times its rate in the middle of T, and that rate is as the sum
 * of all cores' means then, which will be mean + T / 2W. So a vCPU goes where it makes that sum least:
 * at first that evens out loads (T / 2W); the longer they stay uneven, the more it changes places (mean).
 *
 * Only competition counts. E is forgotten, and faster what a vCPU could not use or had from nobody; who
 * does not want to run stays as far ahead or behind as it was. A vCPU whose weight deserves more than a core falls behind
 * the others; that draws nobody to its core, and between other cores it makes no difference.
 */
#include "share.h"

#define SHARE_FORGET_US	6400000	/* until of what was had a third counts; who has a core alone forgets faster */
#define SHARE_FORGET_FAST	8
#define SHARE_GAIN_LEAST	12	/* what a move must be worth: such a part of half an interval's service */
#define SHARE_MAX	(1LL << 40)	/* ahead or behind, so that products fit */
#define SHARE_GAIN_IDLE	(1LL << 62)

/*
 * The mean of served over cores on which vCPUs wait, as the last core saw it that looked, and when; it has
 * gone on since as the mean of a core with this load.  Words of different age, here and in a core, do no harm:
 * each look corrects them.
 */
static u64 share_clock, share_clock_at, share_clock_load = ~0U;

static u64 share_virtual(u64 real, u64 weight)
{
	return real * SCHED_WEIGHT_ONE / weight;
}

static s64 share_ahead(u64 served, u64 of)
{
	s64 d = served - of;

	if (d > SHARE_MAX)
		return SHARE_MAX;
	return d < -SHARE_MAX ? -SHARE_MAX : d;
}

static u64 share_load(const struct pcore *c)
{
	return __atomic_load_n(&c->sched.load, __ATOMIC_RELAXED);
}

/* Of any core; its load is not 0. */
static u64 share_mean(const struct pcore *c, u64 load, u64 now)
{
	s64 d = now - __atomic_load_n(&c->sched.mean_at, __ATOMIC_RELAXED);
	u64 mean = __atomic_load_n(&c->sched.mean, __ATOMIC_RELAXED);

	return d > 0 ? mean + share_virtual(d, load) : mean;
}

static void share_set_mean(struct pcore *c, u64 mean, u64 now)
{
	__atomic_store_n(&c->sched.mean, mean, __ATOMIC_RELAXED);
	__atomic_store_n(&c->sched.mean_at, now, __ATOMIC_RELAXED);
}

static u64 share_now(u64 now)
{
	s64 d = now - __atomic_load_n(&share_clock_at, __ATOMIC_RELAXED);
	u64 clock = __atomic_load_n(&share_clock, __ATOMIC_RELAXED);

	return d > 0 ? clock + share_virtual(d, __atomic_load_n(&share_clock_load, __ATOMIC_RELAXED)) : clock;
}

/* --- accounts --- */

static void share_leave(struct pcore *c, struct vcpu *v, u64 now)
{
	struct sched_vcpu *s = &v->sched;
	u64 load = c->sched.load - s->counted;

	if (load)
		share_set_mean(c, c->sched.mean - share_ahead(s->served, c->sched.mean) * s->counted / (s64)load,
			       c->sched.mean_at);
	s->served -= share_now(now);
	s->counted = 0;
	__atomic_store_n(&c->sched.load, load, __ATOMIC_RELAXED);
}

static void share_join(struct pcore *c, struct vcpu *v, u32 weight, u64 now)
{
	struct sched_vcpu *s = &v->sched;
	u64 load = c->sched.load + weight;

	s->served += share_now(now);
	s->counted = weight;
	if (load == weight)
		share_set_mean(c, s->served, now);
	else
		share_set_mean(c, c->sched.mean + share_ahead(s->served, c->sched.mean) * weight / (s64)load,
			       c->sched.mean_at);
	__atomic_store_n(&c->sched.load, load, __ATOMIC_RELAXED);
}

void share_count(struct pcore *c, struct vcpu *v, u32 weight, u64 now)
{
	if (weight == v->sched.counted)
		return;
	if (v->sched.counted)
		share_leave(c, v, now);
	if (weight)
		share_join(c, v, weight, now);
}

void share_charge(struct pcore *c, struct vcpu *v, u64 d, u64 now)
{
	v->sched.served += share_virtual(d, v->sched.counted);
	share_set_mean(c, c->sched.mean + share_virtual(d, c->sched.load), now);
}

/* --- once in an interval --- */

/* Sets the clock by the cores on which vCPUs wait, or those on which none does.  false: there is no such core. */
static bool share_set_clock(bool waits, u64 now)
{
	s64 sum = 0, all = 0, cores = 0;
	u64 clock = share_now(now);
	int i;

	for (i = 0; i < HV_MAX_CORES; i++) {
		struct pcore *c = __atomic_load_n(&hv.cores[i], __ATOMIC_ACQUIRE);
		s64 load = c ? share_load(c) : 0;

		if (!load || waits != !!__atomic_load_n(&c->sched.nr_ready, __ATOMIC_RELAXED))
			continue;
		cores++;
		all += load;
		sum += share_ahead(share_mean(c, load, now), clock) / SCHED_WEIGHT_ONE * load;
	}
	if (!all)
		return false;
	__atomic_store_n(&share_clock, clock + sum / all * SCHED_WEIGHT_ONE, __ATOMIC_RELAXED);
	__atomic_store_n(&share_clock_at, now, __ATOMIC_RELAXED);
	__atomic_store_n(&share_clock_load, all / cores, __ATOMIC_RELAXED);
	return true;
}

static s64 share_forget(s64 ahead, bool fast, u64 passed)
{
	s64 part = sched_us(SHARE_FORGET_US) / (fast ? SHARE_FORGET_FAST : 1) / (passed + 1) + 1;

	return ahead - ahead / part;
}

void share_look(struct pcore *c, bool alone, u64 now)
{
	u64 clock, passed = now - c->sched.look_at;
	bool rivals = share_set_clock(true, now);
	struct vcpu *v;
	s64 sum = 0;

	if (!rivals)
		share_set_clock(false, now);
	clock = share_now(now);
	c->sched.look_at = now;
	for (v = c->sched.all; v; v = v->sched.next) {
		s64 ahead = share_ahead(v->sched.served, clock);

		if (!v->sched.counted)
			continue;
		ahead = share_forget(ahead, alone && (ahead < 0 || !rivals), passed);
		v->sched.served = clock + ahead;
		sum += ahead / SCHED_WEIGHT_ONE * v->sched.counted;
	}
	if (c->sched.load)
		share_set_mean(c, clock + sum / (s64)c->sched.load * SCHED_WEIGHT_ONE, now);
}

s64 share_gain(const struct pcore *c, const struct vcpu *v, const struct pcore *to, u64 now)
{
	s64 w = v->sched.counted, here = c->sched.load, there = share_load(to);
	s64 half = sched_us(SCHED_BALANCE_US) * SCHED_WEIGHT_ONE / 2, gain;

	if (here <= w)
		return 0;
	if (!there)
		return SHARE_GAIN_IDLE;
	gain = share_ahead(v->sched.served, c->sched.mean) * w / (here - w) -
	       share_ahead(v->sched.served, share_mean(to, there, now)) * w / (there + w);
	gain += half / here - half / (here - w) + half / there - half / (there + w);
	/* a move costs something, too */
	return gain - half / here / SHARE_GAIN_LEAST;
}
