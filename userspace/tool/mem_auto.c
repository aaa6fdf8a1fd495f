// SPDX-License-Identifier: GPL-2.0
/*
 * pvhv mem-auto: moves memory between running guests and the host by the policy of balance.c, step
 * by step, until it is told to end. Off unless somebody runs it.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "balance.h"
#include "cmd.h"

#define DEFAULT_INTERVAL_MS	2000
#define DEFAULT_FLOOR		(16ULL << 20)
#define DEFAULT_MARGIN		(32ULL << 20)

struct auto_args {
	uint64_t floor, margin;		/* bytes */
	unsigned int interval_ms;
	int quiet;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static unsigned int parse_interval(const char *text, struct argp_state *state)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= 0.1 && seconds <= 3600))
		argp_error(state, "'%s' is no time from 0.1 to 3600 seconds", text);
	return seconds * 1000;
}

static uint64_t parse_bytes(const char *text, struct argp_state *state)
{
	struct pvhv_error err;
	uint64_t bytes = 0;

	if (pvhv_parse_size(text, &bytes, &err))
		argp_error(state, "%s", err.text);
	return bytes;
}

static error_t parse_auto(int key, char *arg, struct argp_state *state)
{
	struct auto_args *a = state->input;

	switch (key) {
	case 'f':
		a->floor = parse_bytes(arg, state);
		return 0;
	case 'm':
		a->margin = parse_bytes(arg, state);
		return 0;
	case 'i':
		a->interval_ms = parse_interval(arg, state);
		return 0;
	case 'q':
		a->quiet = 1;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What its vCPUs have run, ever; 0: it has just ended. */
static uint64_t run_ns(int ctl, unsigned int domid)
{
	struct pvhv_dom_info info;

	return pvhv_domain_next(ctl, domid, &info, NULL) > 0 && info.domid == domid ? info.run_ns : 0;
}

/* All guests that run; their number, or -errno. */
static int look(int ctl, struct balance_guest *guests, struct pvhv_error *err)
{
	struct pvhv_mem_info m;
	unsigned int next = 0, n = 0;
	int ret = 0;

	while (n < BALANCE_MAX_GUESTS && (ret = pvhv_mem_next(ctl, next, &m, err)) > 0) {
		guests[n++] = (struct balance_guest){
			.id = m.domid,
			.now = m.nr_pages,
			.target = m.target,
			.max = m.max_pages,
			.available = m.guest_available,
			.refaults = m.guest_refaults,
			.reports = m.guest_reports,
			.run_ns = run_ns(ctl, m.domid),
		};
		next = m.domid + 1;
	}
	return ret < 0 ? ret : (int)n;
}

static void apply(int ctl, const struct auto_args *a, const struct balance_guest *g)
{
	struct pvhv_error err;

	if (g->wanted == g->target)
		return;
	/* The guest may have ended, the host's memory have gone to others: the next step sees that. */
	if (pvhv_mem_set(ctl, g->id, g->wanted << 12, &err)) {
		fprintf(stderr, "pvhv: %s\n", err.text);
		return;
	}
	if (a->quiet)
		return;
	printf("guest %u: %llu -> %llu MiB\n", g->id, (unsigned long long)g->target >> 8,
	       (unsigned long long)g->wanted >> 8);
	fflush(stdout);
}

/* The smaller ones first: what they give is there for the others. */
static void apply_all(int ctl, const struct auto_args *a, const struct balance_guest *g, int n)
{
	for (int i = 0; i < n; i++)
		if (g[i].wanted < g[i].target)
			apply(ctl, a, &g[i]);
	for (int i = 0; i < n; i++)
		if (g[i].wanted > g[i].target)
			apply(ctl, a, &g[i]);
}

static int run_steps(int ctl, const struct auto_args *a, struct pvhv_error *err)
{
	const struct balance_config config = { a->floor >> 12, a->margin >> 12 };
	const struct timespec pause = { a->interval_ms / 1000,
					a->interval_ms % 1000 * 1000000L };
	static struct balance_guest guests[BALANCE_MAX_GUESTS];
	static struct balance_state state;
	struct pvhv_mem_host m;
	int n, ret;

	while (!stopped) {
		ret = pvhv_mem_host(ctl, &m, err);
		if (ret)
			return ret;
		n = look(ctl, guests, err);
		if (n < 0)
			return n;
		balance_step(&state, &config,
			     &(struct balance_host){ m.available, m.floor }, guests, n);
		apply_all(ctl, a, guests, n);
		nanosleep(&pause, NULL);
	}
	return 0;
}

int cmd_mem_auto(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "floor", 'f', "SIZE", 0, "No guest is made smaller than this (default 16M)", 0 },
		{ "margin", 'm', "SIZE", 0, "What the host keeps above its floor (default 32M)", 0 },
		{ "interval", 'i', "SECONDS", 0, "Between two looks (default 2)", 0 },
		{ "quiet", 'q', NULL, 0, "Do not tell of each change", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options, parse_auto, "",
		"Moves memory from guests that have much available to those that lack it, within each guest's maxmemory, until it is ended by a signal.",
		NULL, NULL, NULL,
	};
	struct auto_args a = {
		.floor = DEFAULT_FLOOR,
		.margin = DEFAULT_MARGIN,
		.interval_ms = DEFAULT_INTERVAL_MS,
	};
	struct sigaction action = { .sa_handler = stop };
	struct pvhv_error err;
	int ctl, ret;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	ctl = pvhv_open(&err);
	if (ctl < 0)
		return cmd_fail(&err);
	ret = run_steps(ctl, &a, &err);
	close(ctl);
	return ret ? cmd_fail(&err) : EXIT_OK;
}
