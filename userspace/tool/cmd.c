// SPDX-License-Identifier: GPL-2.0
/* Shared by the commands: dispatch, the simplest arguments, the guest that is meant, messages, JSON. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

static void list_commands(const char *prog, const struct command *commands, FILE *out)
{
	fprintf(out, "Usage: %s COMMAND [ARGUMENT...]\n\nCommands:\n", prog);
	for (; commands->name; commands++)
		fprintf(out, "  %-9s %s\n", commands->name, commands->summary);
	fprintf(out, "\n'%s COMMAND --help' tells more about each.\n", prog);
}

int cmd_dispatch(const struct command *commands, int argc, char **argv)
{
	const char *prog = argv[0];
	const struct command *c;
	char name[64];

	if (argc < 2) {
		list_commands(prog, commands, stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-?") || !strcmp(argv[1], "help")) {
		list_commands(prog, commands, stdout);
		return EXIT_OK;
	}
	for (c = commands; c->name && strcmp(c->name, argv[1]); c++)
		;
	if (!c->name) {
		fprintf(stderr, "%s: no command '%s'\n", prog, argv[1]);
		list_commands(prog, commands, stderr);
		return EXIT_USAGE;
	}
	snprintf(name, sizeof(name), "%s %s", prog, c->name);
	argv[1] = name;
	return c->run(argc - 1, argv + 1);
}

struct simple_parse {
	struct simple_args *out;
	int min, max;
};

static error_t parse_simple(int key, char *arg, struct argp_state *state)
{
	struct simple_parse *p = state->input;

	(void)arg;
	switch (key) {
	case 'j':
		p->out->json = 1;
		return 0;
	case ARGP_KEY_ARGS:
		p->out->arg = state->argv + state->next;
		p->out->nr = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (p->out->nr < p->min)
			argp_error(state, "an argument is missing");
		if (p->out->nr > p->max)
			argp_error(state, "unexpected argument '%s'", p->out->arg[p->max]);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void cmd_parse_simple(int argc, char **argv, const char *args_doc, const char *doc,
		      int min, int max, struct simple_args *out)
{
	static const struct argp_option options[] = {
		{ "json", 'j', NULL, 0, "Print JSON", 0 },
		{ 0 },
	};
	struct simple_parse p = { .out = out, .min = min, .max = max };
	struct argp argp = { options, parse_simple, args_doc, doc, NULL, NULL, NULL };

	memset(out, 0, sizeof(*out));
	argp_parse(&argp, argc, argv, 0, NULL, &p);
}

static error_t parse_guest(int key, char *arg, struct argp_state *state)
{
	const char **who = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*who)
			argp_error(state, "one guest at a time");
		*who = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "say which guest");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const char *cmd_parse_guest(int argc, char **argv, const char *doc)
{
	const struct argp argp = { NULL, parse_guest, "GUEST", doc, NULL, NULL, NULL };
	const char *who = NULL;

	argp_parse(&argp, argc, argv, 0, NULL, &who);
	return who;
}

int cmd_open_guest(const char *who, struct pvhv_dom_info *info, struct pvhv_error *err)
{
	int ctl, ret;

	ctl = pvhv_open(err);
	if (ctl < 0)
		return ctl;
	ret = pvhv_domain_find(ctl, who, info, err);
	if (!ret)
		return ctl;
	close(ctl);
	return ret;
}

int cmd_fail(const struct pvhv_error *err)
{
	fprintf(stderr, "pvhv: %s\n", err->text);
	return EXIT_FAILED;
}

void cmd_print_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

void json_add_u64(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

void json_add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

static void add_counters(struct json_object *o, const struct pvhv_dom_info *info)
{
	json_add_u64(o, "hv_bytes", info->hv_bytes);
	json_add_u64(o, "devices", info->nr_vdevs);
	json_add_u64(o, "run_ns", info->run_ns);
	json_add_u64(o, "ready_ns", info->ready_ns);
	json_add_u64(o, "blocked_ns", info->blocked_ns);
	json_add_u64(o, "switches", info->switches);
	json_add_u64(o, "exits", info->exits);
	json_add_u64(o, "hypercalls", info->hypercalls);
	json_add_u64(o, "faults", info->faults);
	json_add_u64(o, "events", info->events);
	json_add_u64(o, "tsc_khz", info->tsc_khz);
}

struct json_object *json_domain(const struct pvhv_dom_info *info, int all)
{
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "id", info->domid);
	json_object_object_add(o, "name",
			       json_object_new_string_len(info->name,
							  strnlen(info->name,
								  sizeof(info->name))));
	json_add_string(o, "state", pvhv_state_name(info->state));
	if (info->state == PVHV_DOM_ST_ENDED) {
		json_add_string(o, "reason", pvhv_end_name(info->reason));
		json_object_object_add(o, "message",
				       json_object_new_string_len(info->msg,
								  strnlen(info->msg,
									  sizeof(info->msg))));
	}
	json_object_object_add(o, "pid", json_object_new_int(info->pid));
	json_add_u64(o, "vcpus", info->nr_vcpus);
	json_add_u64(o, "memory_bytes", info->nr_pages << 12);
	json_add_u64(o, "max_memory_bytes", info->max_pages << 12);
	if (all)
		add_counters(o, info);
	return o;
}
