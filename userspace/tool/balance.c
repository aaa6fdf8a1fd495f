// SPDX-License-Identifier: GPL-2.0
/*
 * The automatic policy of memory: see balance.h.
 *
 * A guest is pressed when little is available to it, or when it reads back what it
 * evicted. It is calm when much is available and it does not. The pressed get more, a
 * quarter of what they have at a time: from what the host can spare, and what that lacks from
 * the calm, half of their surplus at a time. Nobody is made smaller without need: when no guest is
 * pressed and dom0 has its own, nothing moves.
 *
 * Hysteresis: there is a wide band between pressed and calm, calm must last for some steps, and a guest that
 * has just grown, or still owes what it was asked for, is not made smaller. A guest that runs and reports nothing keeps what it
 * has. One that does not run has nothing new to report: it is not woken for that, and what it said last is true.
 */
#include <string.h>

#include "balance.h"

#define MIB		256ULL	/* frames */
#define GROW_MIN	(4 * MIB)
#define MOVE_MIN	(1 * MIB)
/* of what a guest has */
#define PRESSED_PART	16
#define KEEP_PART	5
#define CALM_PART	4
#define REFAULTS	32	/* between two steps: more are pressure */
#define CALM_STEPS	3
#define REST_STEPS	5
/* of virtual time: a guest that runs reports once a second and vCPU, or oftener */
#define SILENT_NS	10000000000ULL

enum mood { KEEPS, PRESSED, CALM };

struct view {
	struct balance_guest *g;
	struct balance_memory *m;
	enum mood mood;
	uint64_t asks, spares;
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct balance_memory *recall(struct balance_state *s, const struct balance_guest *g)
{
	struct balance_memory *unused = NULL;

	for (unsigned int i = 0; i < BALANCE_MAX_GUESTS; i++) {
		if (s->guest[i].id == g->id)
			return &s->guest[i];
		if (!s->guest[i].id && !unused)
			unused = &s->guest[i];
	}
	if (unused)
		*unused = (struct balance_memory){ .id = g->id, .refaults = g->refaults,
						   .reports = g->reports, .run_ns = g->run_ns };
	return unused;
}

static void forget_the_gone(struct balance_state *s)
{
	for (unsigned int i = 0; i < BALANCE_MAX_GUESTS; i++) {
		if (!s->guest[i].seen)
			s->guest[i].id = 0;
		s->guest[i].seen = 0;
	}
}

static enum mood feel(struct balance_memory *m, const struct balance_guest *g)
{
	uint64_t refaults = g->refaults > m->refaults ? g->refaults - m->refaults : 0;

	if (g->reports != m->reports)
		m->run_ns = g->run_ns;
	m->refaults = g->refaults;
	m->reports = g->reports;
	m->rest -= m->rest > 0;
	if (!g->reports || g->run_ns - m->run_ns > SILENT_NS || g->available > g->now) {
		m->calm = 0;
		return KEEPS;
	}
	if (refaults > REFAULTS || g->available < g->now / PRESSED_PART) {
		m->calm = 0;
		return PRESSED;
	}
	m->calm = g->available > g->now / CALM_PART ? m->calm + 1 : 0;
	return m->calm >= CALM_STEPS ? CALM : KEEPS;
}

/* What may be taken from a calm guest now. */
static uint64_t surplus(const struct balance_config *c, const struct view *v)
{
	const struct balance_guest *g = v->g;
	uint64_t floor = max_u64(c->guest_floor, g->max / 4), keep = g->now / KEEP_PART, spare;

	/* a guest that does not know what it has, rests, or still owes */
	if (v->mood != CALM || v->m->rest || g->now > g->target || g->target <= floor ||
	    g->available <= keep)
		return 0;
	spare = min_u64((g->available - keep) / 2, g->target - floor);
	return spare < MOVE_MIN ? 0 : spare;
}

/* What a pressed guest shall get now, if there is enough: not before it has what it was given. */
static uint64_t need(const struct view *v)
{
	const struct balance_guest *g = v->g;
	uint64_t step = max_u64(g->now / 4, GROW_MIN);

	if (v->mood != PRESSED || g->now < g->target || g->target >= g->max)
		return 0;
	return min_u64(step, g->max - g->target);
}

/* Takes up to 'amount' from the calm, in proportion to what each can spare. */
static void take_from_calm(struct view *views, unsigned int n, uint64_t amount, uint64_t spares)
{
	for (unsigned int i = 0; i < n && amount && spares; i++) {
		struct view *v = &views[i];

		if (!v->spares)
			continue;
		v->g->wanted = v->g->target -
			       (amount >= spares ? v->spares :
			       (uint64_t)((double)v->spares * amount / spares));
	}
}

/* Hands out what is there, in proportion to what each asks for. */
static void give_to_pressed(struct view *views, unsigned int n, uint64_t there, uint64_t asks)
{
	for (unsigned int i = 0; i < n; i++) {
		struct view *v = &views[i];
		uint64_t part = there >= asks ? v->asks :
				(uint64_t)((double)v->asks * there / asks);

		/* crumbs only if they are all that it asks for */
		if (!part || (part < MOVE_MIN && part < v->asks))
			continue;
		v->g->wanted = v->g->target + part;
		v->m->rest = REST_STEPS;
	}
}

void balance_step(struct balance_state *state, const struct balance_config *config,
		  const struct balance_host *host, struct balance_guest *guests, unsigned int n)
{
	static struct view views[BALANCE_MAX_GUESTS];
	uint64_t keep = host->floor + config->host_margin, asks = 0, spares = 0, lack = 0, there;
	unsigned int used = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct view *v = &views[used];

		guests[i].wanted = guests[i].target;
		*v = (struct view){ .g = &guests[i], .m = recall(state, &guests[i]) };
		if (!v->m)
			continue;
		used++;
		v->m->seen = 1;
		v->mood = feel(v->m, v->g);
		v->asks = need(v);
		v->spares = surplus(config, v);
		asks += v->asks;
		spares += v->spares;
	}
	forget_the_gone(state);
	/* what comes from the calm is there in a later step, as the host's */
	there = host->available > keep ? host->available - keep : 0;
	if (host->available < keep)
		lack = keep - host->available;
	if (asks > there)
		lack += asks - there;
	take_from_calm(views, used, lack, spares);
	if (asks)
		give_to_pressed(views, used, there, asks);
}
