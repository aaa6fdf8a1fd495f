// SPDX-License-Identifier: GPL-2.0
/*
 * The automatic policy of memory on generated traces: guests that follow their targets slowly, with
 * working sets that grow, shrink, and jump.
 */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "tool/balance.h"

#define MIB	256ULL
#define SECOND	1000000000ULL
#define GUESTS	20

/* A guest in a model machine. */
struct model {
	uint64_t now, target, max, set;	/* set: what it needs to run well */
	uint64_t refaults, reports;
	unsigned int turns;		/* of the direction of its target */
	int direction;
};

static struct model models[GUESTS];
static struct balance_state state;
static uint64_t machine, dom0;	/* all memory; what dom0 uses itself */
static struct balance_config config = { .guest_floor = 16 * MIB, .host_margin = 32 * MIB };
static const uint64_t floor_pages = 128 * MIB;

static uint64_t host_available(unsigned int n)
{
	uint64_t used = dom0;

	for (unsigned int i = 0; i < n; i++)
		used += models[i].target > models[i].now ? models[i].target : models[i].now;
	return used > machine ? 0 : machine - used;
}

static void model_init(unsigned int n, uint64_t now, uint64_t max, uint64_t set)
{
	memset(&state, 0, sizeof(state));
	for (unsigned int i = 0; i < n; i++)
		models[i] = (struct model){ .now = now, .target = now, .max = max, .set = set };
}

/* A second of a guest's life: it moves up to 32 MiB towards its target. */
static void live(struct model *m)
{
	uint64_t most = 32 * MIB;

	if (m->now < m->target)
		m->now += m->target - m->now < most ? m->target - m->now : most;
	else
		m->now -= m->now - m->target < most ? m->now - m->target : most;
	if (m->set > m->now)
		m->refaults += (m->set - m->now) / 4;
	m->reports++;
}

static void turn(struct model *m, uint64_t wanted)
{
	int direction = (wanted > m->target) - (wanted < m->target);

	if (direction && m->direction && direction != m->direction)
		m->turns++;
	if (direction)
		m->direction = direction;
	m->target = wanted;
}

/* One step of policy and life.  Returns whether the host kept its floor. */
static int step(unsigned int n)
{
	struct balance_host host = { .available = host_available(n), .floor = floor_pages };
	struct balance_guest g[GUESTS];

	for (unsigned int i = 0; i < n; i++)
		g[i] = (struct balance_guest){
			.id = i + 1, .now = models[i].now, .target = models[i].target,
			.max = models[i].max, .refaults = models[i].refaults,
			.reports = models[i].reports,
			.available = models[i].now > models[i].set ?
				     models[i].now - models[i].set : 0,
		};
	balance_step(&state, &config, &host, g, n);
	for (unsigned int i = 0; i < n; i++) {
		turn(&models[i], g[i].wanted);
		if (models[i].target > models[i].max)
			return 0;
		live(&models[i]);
	}
	return host_available(n) >= floor_pages;
}

static int steps(unsigned int n, unsigned int count)
{
	int fine = 1;

	while (count--)
		fine &= step(n);
	return fine;
}

static void calm_guests_keep(void)
{
	machine = 4096 * MIB;
	dom0 = 512 * MIB;
	model_init(4, 256 * MIB, 512 * MIB, 100 * MIB);
	CHECK(steps(4, 100));
	for (int i = 0; i < 4; i++)
		CHECK_EQ(models[i].target, 256 * MIB);
}

static void pressed_guest_grows(void)
{
	machine = 4096 * MIB;
	dom0 = 512 * MIB;
	model_init(1, 128 * MIB, 512 * MIB, 300 * MIB);
	CHECK(steps(1, 30));
	CHECK(models[0].now > 300 * MIB);
	CHECK(models[0].now <= 450 * MIB);
	CHECK_EQ(models[0].turns, 0);
}

/* The machine is full: what the pressed one gets comes from the calm. */
static void memory_moves(void)
{
	machine = 1024 * MIB;
	dom0 = 1024 * MIB - 3 * 256 * MIB - floor_pages - 40 * MIB;
	model_init(3, 256 * MIB, 512 * MIB, 60 * MIB);
	models[0].set = 400 * MIB;
	CHECK(steps(3, 60));
	CHECK(models[0].now > 380 * MIB);
	for (int i = 1; i < 3; i++)
		CHECK(models[i].now >= 128 * MIB && models[i].now < 256 * MIB);
	/* and back */
	models[0].set = 50 * MIB;
	models[1].set = 240 * MIB;
	CHECK(steps(3, 60));
	CHECK(models[1].now > 240 * MIB);
}

/* dom0 needs more itself: the calm give. */
static void host_short(void)
{
	machine = 1024 * MIB;
	dom0 = 200 * MIB;
	model_init(2, 300 * MIB, 512 * MIB, 60 * MIB);
	CHECK(steps(2, 10));
	CHECK_EQ(models[0].target, 300 * MIB);
	dom0 = 320 * MIB;
	steps(2, 30);
	CHECK(host_available(2) >= floor_pages + config.host_margin);
	CHECK(models[0].now >= 128 * MIB);
}

/* What no one shall get by what he says. */
static void liar(void)
{
	machine = 2048 * MIB;
	dom0 = 512 * MIB;
	model_init(3, 256 * MIB, 512 * MIB, 60 * MIB);
	models[0].set = 1ULL << 40;
	CHECK(steps(3, 200));
	CHECK(models[0].target <= 512 * MIB);
	for (int i = 1; i < 3; i++)
		CHECK(models[i].target >= 128 * MIB);
	/* more available than it has */
	{
		struct balance_host host = { .available = 64 * MIB, .floor = floor_pages };
		struct balance_guest g = { .id = 77, .now = 256 * MIB, .target = 256 * MIB,
					   .max = 512 * MIB, .available = ~0ULL };

		for (int i = 0; i < 20; i++) {
			g.reports++;
			balance_step(&state, &config, &host, &g, 1);
			CHECK_EQ(g.wanted, 256 * MIB);
		}
	}
}

/* No reports, no change; neither up nor down. */
static void silent_guest(void)
{
	struct balance_host host = { .available = 64 * MIB, .floor = floor_pages };
	struct balance_guest g = { .id = 5, .now = 256 * MIB, .target = 256 * MIB, .max = 512 * MIB };

	memset(&state, 0, sizeof(state));
	for (int i = 0; i < 30; i++) {
		g.run_ns += SECOND;
		balance_step(&state, &config, &host, &g, 1);
		CHECK_EQ(g.wanted, 256 * MIB);
	}
	/* one report, long ago */
	g.reports = 1;
	g.available = 200 * MIB;
	host.available = 4096 * MIB;
	for (int i = 0; i < 15; i++) {
		g.run_ns += SECOND;
		balance_step(&state, &config, &host, &g, 1);
	}
	host.available = 0;
	balance_step(&state, &config, &host, &g, 1);
	CHECK_EQ(g.wanted, 256 * MIB);
}

/* One that sleeps reports nothing either: what it has too much of is taken all the same. */
static void sleeping_guest(void)
{
	struct balance_host host = { .available = 4096 * MIB, .floor = floor_pages };
	struct balance_guest g = { .id = 6, .now = 256 * MIB, .target = 256 * MIB, .max = 512 * MIB,
				   .available = 200 * MIB, .reports = 1 };

	memset(&state, 0, sizeof(state));
	for (int i = 0; i < 100; i++) {
		balance_step(&state, &config, &host, &g, 1);
		CHECK_EQ(g.wanted, 256 * MIB);
	}
	host.available = 0;
	balance_step(&state, &config, &host, &g, 1);
	CHECK(g.wanted < 200 * MIB);
}

/* Random lives: the floor holds, nobody leaves his bounds, and targets do not swing. */
static void random_traces(void)
{
	int held = 1, bounds = 1;
	unsigned int swings = 0;

	for (unsigned int seed = 1; seed <= 200; seed++) {
		unsigned int n = 2 + seed % (GUESTS - 1);

		srand(seed);
		dom0 = 300 * MIB;
		machine = dom0 + floor_pages + config.host_margin + n * 160 * MIB;
		model_init(n, 128 * MIB, 512 * MIB, 40 * MIB);
		for (unsigned int t = 0; t < 300; t++) {
			if (t % 50 == 0)
				for (unsigned int i = 0; i < n; i++)
					models[i].set = (20 + rand() % 300) * MIB;
			held &= step(n);
			for (unsigned int i = 0; i < n; i++)
				bounds &= models[i].target <= models[i].max &&
					  models[i].target >= 128 * MIB;
		}
		for (unsigned int i = 0; i < n; i++)
			if (models[i].turns > swings)
				swings = models[i].turns;
	}
	CHECK(held);
	CHECK(bounds);
	/* the working set jumps 5 times in a life */
	CHECK(swings <= 12);
}

static void many_guests_come_and_go(void)
{
	struct balance_host host = { .available = 4096 * MIB, .floor = floor_pages };
	struct balance_guest g = { .now = 64 * MIB, .target = 64 * MIB, .max = 128 * MIB };
	uint64_t grown = 0;

	memset(&state, 0, sizeof(state));
	for (unsigned int id = 1; id <= 3 * BALANCE_MAX_GUESTS; id++) {
		g.id = id;
		g.reports++;
		g.available = 0;
		balance_step(&state, &config, &host, &g, 1);
		grown += g.wanted > g.target;
	}
	CHECK_EQ(grown, 3 * BALANCE_MAX_GUESTS);
}

const struct tap_test tap_tests[] = {
	{ "calm guests keep what they have", calm_guests_keep },
	{ "a pressed guest gets what it needs, not all", pressed_guest_grows },
	{ "memory moves from the calm to the pressed, and back", memory_moves },
	{ "dom0 gets its own back", host_short },
	{ "a guest that lies", liar },
	{ "a guest that says nothing", silent_guest },
	{ "a guest that sleeps", sleeping_guest },
	{ "random traces: floor, bounds, no swings", random_traces },
	{ "guests come and go", many_guests_come_and_go },
	{ NULL, NULL },
};
