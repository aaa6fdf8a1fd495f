// SPDX-License-Identifier: GPL-2.0
/* pvhv sched, pause, unpause, vcpu-pin, vcpu-set, vcpus: who runs how much, and where. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

/* Opens the device and finds the guest.  The descriptor, or a negative number: told already. */
static int open_guest(const char *who, struct pvhv_dom_info *info)
{
	struct pvhv_error err;
	int ctl = pvhv_open(&err);

	if (ctl >= 0 && !pvhv_domain_find(ctl, who, info, &err))
		return ctl;
	cmd_fail(&err);
	if (ctl >= 0)
		close(ctl);
	return -1;
}

static unsigned int number(struct argp_state *state, const char *text, uint64_t max)
{
	struct pvhv_error err;
	uint64_t n = 0;

	if (pvhv_parse_count(text, max, &n, &err))
		argp_error(state, "%s", err.text);
	return n;
}

/* ---- sched ---- */

struct sched_args {
	const char *who;
	struct pvhv_sched sched;
	int json;
};

static const struct argp_option sched_options[] = {
	{ "weight", 'w', "N", 0, "1 to 65535 against other guests; 256 at the start", 0 },
	{ "cap", 'c', "PERCENT", 0, "At most so much of a core, 0: no cap", 0 },
	{ "warp", 'W', "US", 0, "Its vCPUs run US of virtual time before their turn, 0: no warp", 0 },
	{ "warp-limit", 'L', "US", 0, "With --warp: for so long at once, 0: no limit", 0 },
	{ "unwarp", 'U', "US", 0, "With --warp: then not for so long", 0 },
	{ "json", 'j', NULL, 0, "Print JSON", 0 },
	{ 0 },
};

static error_t parse_sched(int key, char *arg, struct argp_state *state)
{
	struct sched_args *a = state->input;

	switch (key) {
	case 'w':
		a->sched.weight = number(state, arg, UINT32_MAX);
		a->sched.set |= PVHV_SCHED_SET_WEIGHT;
		return 0;
	case 'c':
		a->sched.cap = number(state, arg, UINT32_MAX);
		a->sched.set |= PVHV_SCHED_SET_CAP;
		return 0;
	case 'W':
		a->sched.warp_us = number(state, arg, UINT32_MAX);
		a->sched.warp = a->sched.warp_us != 0;
		a->sched.set |= PVHV_SCHED_SET_WARP;
		return 0;
	case 'L':
		a->sched.warp_limit_us = number(state, arg, UINT32_MAX);
		return 0;
	case 'U':
		a->sched.unwarp_us = number(state, arg, UINT32_MAX);
		return 0;
	case 'j':
		a->json = 1;
		return 0;
	case ARGP_KEY_ARG:
		if (a->who)
			argp_error(state, "one guest at a time");
		a->who = arg;
		return 0;
	case ARGP_KEY_END:
		if (!a->who)
			argp_error(state, "say which guest");
		if (!(a->sched.set & PVHV_SCHED_SET_WARP) &&
		    (a->sched.warp_limit_us || a->sched.unwarp_us))
			argp_error(state, "--warp-limit and --unwarp go with --warp");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_sched(const struct pvhv_sched *s, int json)
{
	const char *policy = s->policy ? "rr" : "bvt";
	struct json_object *o;

	if (!json) {
		printf("policy  %s\nweight  %u\ncap     %u %%\nwarp    %u us", policy, s->weight, s->cap,
		       s->warp ? s->warp_us : 0);
		if (s->warp && s->warp_limit_us)
			printf(", at most %u us, then not for %u us", s->warp_limit_us, s->unwarp_us);
		printf("\n");
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "policy", json_object_new_string(policy));
	json_object_object_add(o, "weight", json_object_new_int64(s->weight));
	json_object_object_add(o, "cap", json_object_new_int64(s->cap));
	json_object_object_add(o, "warp_us", json_object_new_int64(s->warp ? s->warp_us : 0));
	json_object_object_add(o, "warp_limit_us", json_object_new_int64(s->warp_limit_us));
	json_object_object_add(o, "unwarp_us", json_object_new_int64(s->unwarp_us));
	cmd_print_json(o);
}

int cmd_sched(int argc, char **argv)
{
	static const struct argp argp = {
		sched_options, parse_sched, "GUEST",
		"Shows or changes a guest's weight, cap and warp, also while it runs.", NULL, NULL, NULL,
	};
	struct sched_args a = { .who = NULL };
	struct pvhv_dom_info info;
	struct pvhv_error err;
	int ctl, ret = 0;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	ctl = open_guest(a.who, &info);
	if (ctl < 0)
		return EXIT_FAILED;
	if (a.sched.set)
		ret = pvhv_sched_set(ctl, info.domid, &a.sched, &err);
	if (!ret)
		ret = pvhv_sched_get(ctl, info.domid, &a.sched, &err);
	close(ctl);
	if (ret)
		return cmd_fail(&err);
	print_sched(&a.sched, a.json);
	return EXIT_OK;
}

/* ---- pause, unpause ---- */

static int pause_guest(int argc, char **argv, int pause, const char *doc)
{
	struct simple_args a;
	struct pvhv_dom_info info;
	struct pvhv_error err;
	int ctl, ret;

	cmd_parse_simple(argc, argv, "GUEST", doc, 1, 1, &a);
	ctl = open_guest(a.arg[0], &info);
	if (ctl < 0)
		return EXIT_FAILED;
	ret = pvhv_domain_pause(ctl, info.domid, pause, &err);
	close(ctl);
	return ret ? cmd_fail(&err) : EXIT_OK;
}

int cmd_pause(int argc, char **argv)
{
	return pause_guest(argc, argv, 1, "Takes a guest off the cores until 'pvhv unpause'.");
}

int cmd_unpause(int argc, char **argv)
{
	return pause_guest(argc, argv, 0, "Lets a paused guest go on.");
}

/* ---- vCPUs ---- */

int cmd_vcpu_pin(int argc, char **argv)
{
	struct simple_args a;
	struct pvhv_dom_info info;
	struct pvhv_error err;
	uint64_t cores = 0, vcpu = UINT32_MAX;
	int ctl, ret = 0;

	cmd_parse_simple(argc, argv, "GUEST VCPU|all CPUS|any",
			 "Says on which taken CPUs (2, 4-6) a vCPU may run; the rest move there.", 3, 3, &a);
	if (strcmp(a.arg[1], "all"))
		ret = pvhv_parse_count(a.arg[1], PVHV_MAX_VCPUS - 1, &vcpu, &err);
	if (!ret && strcmp(a.arg[2], "any"))
		ret = pvhv_parse_cpus(a.arg[2], &cores, &err);
	if (ret)
		return cmd_fail(&err);
	ctl = open_guest(a.arg[0], &info);
	if (ctl < 0)
		return EXIT_FAILED;
	ret = pvhv_vcpu_pin(ctl, info.domid, vcpu, cores, &err);
	close(ctl);
	return ret ? cmd_fail(&err) : EXIT_OK;
}

int cmd_vcpu_set(int argc, char **argv)
{
	struct simple_args a;
	struct pvhv_dom_info info;
	struct pvhv_error err;
	uint64_t nr;
	int ctl, ret;

	cmd_parse_simple(argc, argv, "GUEST N", "Asks a guest to have N of its vCPUs up.", 2, 2, &a);
	if (pvhv_parse_count(a.arg[1], UINT32_MAX, &nr, &err))
		return cmd_fail(&err);
	ctl = open_guest(a.arg[0], &info);
	if (ctl < 0)
		return EXIT_FAILED;
	ret = pvhv_vcpu_set(ctl, info.domid, nr, &err);
	close(ctl);
	return ret ? cmd_fail(&err) : EXIT_OK;
}

static const char *const vcpu_states[] = { "down", "ready", "running", "blocked" };

static struct json_object *vcpu_json(const struct pvhv_vcpu_state *s)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "vcpu", json_object_new_int64(s->vcpu));
	json_object_object_add(o, "state", json_object_new_string(vcpu_states[s->state & 3]));
	json_object_object_add(o, "cpu", json_object_new_int64(s->cpu));
	json_object_object_add(o, "cores", json_object_new_int64(s->cores));
	json_object_object_add(o, "run_ns", json_object_new_int64(s->run_ns));
	json_object_object_add(o, "ready_ns", json_object_new_int64(s->ready_ns));
	json_object_object_add(o, "blocked_ns", json_object_new_int64(s->blocked_ns));
	json_object_object_add(o, "switches", json_object_new_int64(s->switches));
	json_object_object_add(o, "migrations", json_object_new_int64(s->migrations));
	return o;
}

int cmd_vcpus(int argc, char **argv)
{
	struct json_object *list = json_object_new_array();
	struct pvhv_vcpu_state s;
	struct simple_args a;
	struct pvhv_dom_info info;
	struct pvhv_error err;
	int ctl, ret;

	cmd_parse_simple(argc, argv, "GUEST", "Tells of each vCPU where it is and what it did.", 1, 1, &a);
	ctl = open_guest(a.arg[0], &info);
	if (ctl < 0)
		return EXIT_FAILED;
	if (!a.json)
		printf("VCPU  CPU  STATE    RUN s    READY s  BLOCKED s  SWITCHES  MOVES\n");
	for (unsigned int i = 0; (ret = pvhv_vcpu_state(ctl, info.domid, i, &s, &err)) > 0; i++) {
		json_object_array_add(list, vcpu_json(&s));
		if (!a.json)
			printf("%4u %4d  %-7s %8.3f %9.3f %10.3f %9llu %6llu\n", i, s.cpu,
			       vcpu_states[s.state & 3], s.run_ns / 1e9, s.ready_ns / 1e9,
			       s.blocked_ns / 1e9, (unsigned long long)s.switches,
			       (unsigned long long)s.migrations);
	}
	close(ctl);
	if (!ret && a.json)
		cmd_print_json(list);
	else
		json_object_put(list);
	return ret < 0 ? cmd_fail(&err) : EXIT_OK;
}
