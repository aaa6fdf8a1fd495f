// SPDX-License-Identifier: GPL-2.0
/*
 * pvhv top: who uses how much, refreshed: on the whole screen, or in batch mode as text or JSON.
 * All figures are those between two samples; the first one of batch mode is, too.
 */
#include <argp.h>
#include <curses.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "sample.h"

#define DEFAULT_DELAY	2.0
#define KEYS		"q quits; c, m, d, n sort by CPU, memory, disk, network; i by number"

struct top {
	int batch, json;
	unsigned int count;	/* of refreshes; 0 = without end */
	double delay;
	char order;		/* one of "cmdni" */
	FILE *out;		/* batch */
	int row, rows;		/* screen */
};

struct line {
	const struct sample_guest *g;
	struct rates r;
};

static error_t parse_top(int key, char *arg, struct argp_state *state)
{
	struct top *t = state->input;
	char *end;

	switch (key) {
	case 'b':
		t->batch = 1;
		return 0;
	case 'j':
		t->batch = t->json = 1;
		return 0;
	case 'n':
		t->count = strtoul(arg, &end, 10);
		if (end == arg || *end || !t->count)
			argp_error(state, "'%s' is no number of refreshes", arg);
		return 0;
	case 'd':
		t->delay = strtod(arg, &end);
		if (end == arg || *end || !(t->delay >= 0.1 && t->delay <= 3600))
			argp_error(state, "'%s' is no time from 0.1 to 3600 seconds", arg);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- order ---- */

static char sort_order;

static double sort_key(const struct line *l)
{
	switch (sort_order) {
	case 'm':
		return l->g->now_bytes;
	case 'd':
		return l->r.disk_in + l->r.disk_out;
	case 'n':
		return l->r.net_in + l->r.net_out;
	case 'i':
		return -(double)l->g->id;
	default:
		return l->r.run;
	}
}

static int compare(const void *a, const void *b)
{
	double x = sort_key(a), y = sort_key(b);

	return (x < y) - (x > y);
}

/* The guests with their rates, sorted; the caller frees them.  NULL: no memory. */
static struct line *make_lines(const struct top *t, const struct sample *before,
			       const struct sample *now)
{
	struct line *lines = calloc(now->nr_guests + 1, sizeof(*lines));

	for (unsigned int i = 0; lines && i < now->nr_guests; i++) {
		lines[i].g = &now->guest[i];
		sample_guest_rates(before, now, lines[i].g, &lines[i].r);
	}
	sort_order = t->order;
	if (lines)
		qsort(lines, now->nr_guests, sizeof(*lines), compare);
	return lines;
}

/* ---- text ---- */

static void put(struct top *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A line on the screen as far as there is room, or in the output. */
static void put(struct top *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (t->batch) {
		vfprintf(t->out, fmt, ap);
		putc('\n', t->out);
	} else if (t->row < t->rows) {
		move(t->row++, 0);
		vw_printw(stdscr, fmt, ap);
		clrtoeol();
	}
	va_end(ap);
}

static double kib(double bytes)
{
	return bytes / 1024;
}

static void put_cores(struct top *t, const struct sample *before, const struct sample *now)
{
	put(t, "CPU  STATE    VCPUS  GUEST%%   IDLE%%    OWN%%");
	for (unsigned int i = 0; i < now->nr_cores; i++) {
		const struct sample_core *c = &now->core[i];
		struct core_rates r;

		sample_core_rates(before, now, c, &r);
		put(t, "%3u  %-8s %5u %7.1f %7.1f %7.1f", c->cpu, pvhv_cpu_state_name(c->state),
		    c->nr_vcpus, 100 * r.run, 100 * r.idle, 100 * r.hv);
	}
}

static void put_guests(struct top *t, const struct line *lines, unsigned int n)
{
	put(t, "  ID  NAME             STATE    VCPUS   CPU%%  STEAL%% MEM MiB MAX MiB HV KiB   DISK r  DISK w   NET r   NET w KiB/s  HCALL/s");
	for (unsigned int i = 0; i < n; i++) {
		const struct sample_guest *g = lines[i].g;
		const struct rates *r = &lines[i].r;

		put(t, "%4u  %-16.16s %-8s %5u %6.1f %7.1f %7llu %7llu %6llu %8.0f %7.0f %7.0f %7.0f %14.0f",
		    g->id, g->name, pvhv_state_name(g->state), g->nr_vcpus, 100 * r->run,
		    100 * r->ready, (unsigned long long)g->now_bytes >> 20,
		    (unsigned long long)g->max_bytes >> 20,
		    (unsigned long long)g->hv_bytes >> 10, kib(r->disk_in), kib(r->disk_out),
		    kib(r->net_in), kib(r->net_out), r->hypercalls);
	}
}

static void show_text(struct top *t, const struct sample *before, const struct sample *now,
		      const struct line *lines)
{
	unsigned int running = 0;
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < now->nr_guests; i++) {
		running += now->guest[i].state == PVHV_DOM_ST_RUNNING;
		bytes += now->guest[i].now_bytes;
	}
	put(t, "pvhv top: %u guests, %u running, %llu MiB; %u cores", now->nr_guests, running,
	    (unsigned long long)bytes >> 20, now->nr_cores);
	put(t, "%s", t->batch ? "" : KEYS);
	put_cores(t, before, now);
	put(t, "%s", "");
	put_guests(t, lines, now->nr_guests);
}

/* ---- JSON ---- */

static void add_double(struct json_object *o, const char *key, double value)
{
	json_object_object_add(o, key, json_object_new_double(value));
}

static struct json_object *json_guest(const struct line *l)
{
	const struct sample_guest *g = l->g;
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "id", g->id);
	json_add_string(o, "name", g->name);
	json_add_string(o, "state", pvhv_state_name(g->state));
	json_add_u64(o, "vcpus", g->nr_vcpus);
	add_double(o, "cpu", l->r.run);
	add_double(o, "ready", l->r.ready);
	json_add_u64(o, "memory_bytes", g->now_bytes);
	json_add_u64(o, "target_bytes", g->target_bytes);
	json_add_u64(o, "max_bytes", g->max_bytes);
	json_add_u64(o, "hv_bytes", g->hv_bytes);
	add_double(o, "disk_read_per_s", l->r.disk_in);
	add_double(o, "disk_written_per_s", l->r.disk_out);
	add_double(o, "disk_requests_per_s", l->r.disk_requests);
	add_double(o, "net_received_per_s", l->r.net_in);
	add_double(o, "net_sent_per_s", l->r.net_out);
	add_double(o, "hypercalls_per_s", l->r.hypercalls);
	json_add_u64(o, "io_errors", g->errors);
	json_add_u64(o, "run_ns", g->run_ns);
	json_add_u64(o, "ready_ns", g->ready_ns);
	json_add_u64(o, "blocked_ns", g->blocked_ns);
	return o;
}

static void show_json(const struct sample *before, const struct sample *now,
		      const struct line *lines)
{
	struct json_object *o = json_object_new_object(), *cores = json_object_new_array(),
			   *guests = json_object_new_array();

	for (unsigned int i = 0; i < now->nr_cores; i++) {
		const struct sample_core *c = &now->core[i];
		struct json_object *core = json_object_new_object();
		struct core_rates r;

		sample_core_rates(before, now, c, &r);
		json_add_u64(core, "cpu", c->cpu);
		json_add_string(core, "state", pvhv_cpu_state_name(c->state));
		json_add_u64(core, "vcpus", c->nr_vcpus);
		add_double(core, "run", r.run);
		add_double(core, "idle", r.idle);
		add_double(core, "hypervisor", r.hv);
		json_object_array_add(cores, core);
	}
	for (unsigned int i = 0; i < now->nr_guests; i++)
		json_object_array_add(guests, json_guest(&lines[i]));
	add_double(o, "seconds", (now->at_ns - before->at_ns) / 1e9);
	json_object_object_add(o, "cores", cores);
	json_object_object_add(o, "guests", guests);
	/* one object per line and refresh, for those who read on and on */
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
	json_object_put(o);
}

/* ---- refreshes ---- */

static void show(struct top *t, const struct sample *before, const struct sample *now)
{
	struct line *lines = make_lines(t, before, now);

	if (!lines)
		return;
	if (t->json) {
		show_json(before, now, lines);
	} else {
		t->row = 0;
		t->rows = t->batch ? 0 : LINES;
		if (!t->batch)
			erase();
		show_text(t, before, now, lines);
		if (t->batch)
			fflush(t->out);
		else
			refresh();
	}
	free(lines);
}

/* Waits for the next refresh.  Returns 1 when the user wants to end. */
static int pause_for(struct top *t)
{
	int key;

	if (t->batch) {
		struct timespec ts = { (time_t)t->delay,
				       (long)((t->delay - (time_t)t->delay) * 1e9) };

		nanosleep(&ts, NULL);
		return 0;
	}
	timeout((int)(t->delay * 1000));
	key = getch();
	if (key > 0 && key < 256 && strchr("cmdni", key))
		t->order = key;
	return key == 'q' || key == 'Q';
}

static int run_refreshes(int ctl, struct top *t, struct pvhv_error *err)
{
	struct sample before, now;
	unsigned int n = 0;
	int ret = sample_take(ctl, &before, err);

	if (ret)
		return ret;
	while (!pause_for(t)) {
		ret = sample_take(ctl, &now, err);
		if (ret)
			break;
		show(t, &before, &now);
		sample_free(&before);
		before = now;
		if (++n == t->count)
			break;
	}
	sample_free(&before);
	return ret;
}

static int run_screen(int ctl, struct top *t, struct pvhv_error *err)
{
	SCREEN *screen = newterm(NULL, stdout, stdin);
	int ret;

	if (!screen) {
		snprintf(err->text, sizeof(err->text),
			 "this terminal cannot show a screen (TERM=%s): use 'pvhv top --batch'",
			 getenv("TERM") ? getenv("TERM") : "");
		return -1;
	}
	cbreak();
	noecho();
	curs_set(0);
	addstr("pvhv top: looking ...");
	refresh();
	ret = run_refreshes(ctl, t, err);
	endwin();
	delscreen(screen);
	return ret;
}

int cmd_top(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "batch", 'b', NULL, 0, "Print text instead of using the screen", 0 },
		{ "json", 'j', NULL, 0, "Print one JSON object per refresh, on a line of its own", 0 },
		{ "count", 'n', "N", 0, "End after N refreshes", 0 },
		{ "delay", 'd', "SECONDS", 0, "Between two refreshes (default 2)", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options, parse_top, "",
		"Shows what guests and taken cores use: time, memory, disks, network.",
		NULL, NULL, NULL,
	};
	struct top t = { .delay = DEFAULT_DELAY, .order = 'c', .out = stdout };
	struct pvhv_error err;
	int ctl, ret;

	argp_parse(&argp, argc, argv, 0, NULL, &t);
	ctl = pvhv_open(&err);
	if (ctl < 0)
		return cmd_fail(&err);
	ret = t.batch ? run_refreshes(ctl, &t, &err) : run_screen(ctl, &t, &err);
	close(ctl);
	return ret ? cmd_fail(&err) : EXIT_OK;
}
