// SPDX-License-Identifier: GPL-2.0
/* pvhv cpu take|give|list: all CPUs named in one command are taken or given, or none. */
#include <argp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

struct cpu_args {
	uint64_t mask;
	int split_smt;
	int take;
};

static error_t parse_cpu(int key, char *arg, struct argp_state *state)
{
	struct cpu_args *a = state->input;
	struct pvhv_error err;
	uint64_t mask;

	switch (key) {
	case 's':
		if (!a->take)
			return ARGP_ERR_UNKNOWN;
		a->split_smt = 1;
		return 0;
	case ARGP_KEY_ARG:
		if (pvhv_parse_cpus(arg, &mask, &err))
			argp_error(state, "%s", err.text);
		a->mask |= mask;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "say which CPUs, such as 2 or 2,4-6");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int change(int argc, char **argv, struct cpu_args *a, const struct argp *argp)
{
	struct pvhv_error err;
	int ctl, ret;

	argp_parse(argp, argc, argv, 0, NULL, a);
	ctl = pvhv_open(&err);
	if (ctl < 0)
		return cmd_fail(&err);
	if (a->take)
		ret = pvhv_cpus_take(ctl, a->mask, a->split_smt ? PVHV_CPU_SPLIT_SMT : 0, &err);
	else
		ret = pvhv_cpus_give(ctl, a->mask, &err);
	close(ctl);
	return ret ? cmd_fail(&err) : EXIT_OK;
}

static int cpu_take(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "split-smt", 's', NULL, 0,
		  "Let the host run other threads of these CPUs' physical cores", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options, parse_cpu, "CPUS...",
		"Takes CPUs (2, 4-6, 2,3 ...) from the host: all of them, or none.",
		NULL, NULL, NULL,
	};
	struct cpu_args a = { .take = 1 };

	return change(argc, argv, &a, &argp);
}

static int cpu_give(int argc, char **argv)
{
	static const struct argp argp = {
		NULL, parse_cpu, "CPUS...", "Gives CPUs back to the host: all of them, or none.", NULL, NULL, NULL,
	};
	struct cpu_args a = { .take = 0 };

	return change(argc, argv, &a, &argp);
}

static void print_cpu(const void *item)
{
	const struct pvhv_cpu_info *i = item;

	printf("%3u  %-8s %5u %6u %12llu %12llu %10.3f %10.3f %10.3f\n", i->cpu,
	       pvhv_cpu_state_name(i->state), i->apicid, i->nr_vcpus,
	       (unsigned long long)i->exits, (unsigned long long)i->cr3_writes,
	       i->run_ns / 1e9, i->idle_ns / 1e9, i->hv_ns / 1e9);
}

static struct json_object *json_cpu(const void *item)
{
	const struct pvhv_cpu_info *i = item;
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "cpu", i->cpu);
	json_add_string(o, "state", pvhv_cpu_state_name(i->state));
	json_add_u64(o, "apicid", i->apicid);
	json_add_u64(o, "vcpus", i->nr_vcpus);
	json_add_u64(o, "heartbeat", i->heartbeat);
	json_add_u64(o, "exits", i->exits);
	json_add_u64(o, "cr3_writes", i->cr3_writes);
	json_add_u64(o, "run_ns", i->run_ns);
	json_add_u64(o, "idle_ns", i->idle_ns);
	json_add_u64(o, "hv_ns", i->hv_ns);
	return o;
}

static int find_cpu(int ctl, unsigned int at, void *item, unsigned int *next,
		    struct pvhv_error *err)
{
	struct pvhv_cpu_info *info = item;
	int ret = pvhv_cpu_next(ctl, at, info, err);

	*next = info->cpu;
	return ret;
}

static int cpu_list(int argc, char **argv)
{
	static const struct listing cores = {
		.doc = "Lists the taken cores; times in seconds.",
		.header = "CPU  STATE    APIC   VCPUS        EXITS         CR3      GUEST       IDLE      OWN",
		.find = find_cpu,
		.print = print_cpu,
		.json = json_cpu,
		.item_size = sizeof(struct pvhv_cpu_info),
	};

	return cmd_listing(argc, argv, &cores);
}

int cmd_cpu(int argc, char **argv)
{
	static const struct command commands[] = {
		{ "take", "take CPUs from the host", cpu_take },
		{ "give", "give CPUs back to the host", cpu_give },
		{ "list", "list the taken cores", cpu_list },
		{ NULL, NULL, NULL },
	};

	return cmd_dispatch(commands, argc, argv);
}
