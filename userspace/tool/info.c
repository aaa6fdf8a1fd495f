// SPDX-License-Identifier: GPL-2.0
/* pvhv info: everything that the module tells about one domain. */
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"

static void print_info(const struct pvhv_dom_info *i)
{
	printf("id          %u\n", i->domid);
	printf("name        %.*s\n", PVHV_NAME_MAX, i->name);
	printf("state       %s\n", pvhv_state_name(i->state));
	if (i->state == PVHV_DOM_ST_ENDED)
		printf("reason      %s%s%.*s\n", pvhv_end_name(i->reason),
		       i->msg[0] ? ": " : "", PVHV_MSG_MAX, i->msg);
	printf("process     %d\n", i->pid);
	printf("vcpus       %u\n", i->nr_vcpus);
	printf("devices     %u\n", i->nr_vdevs);
	printf("memory      %llu KiB of %llu KiB\n", (unsigned long long)i->nr_pages << 2,
	       (unsigned long long)i->max_pages << 2);
	printf("overhead    %llu KiB\n", (unsigned long long)i->hv_bytes >> 10);
	printf("run         %.6f s\n", i->run_ns / 1e9);
	printf("ready       %.6f s\n", i->ready_ns / 1e9);
	printf("blocked     %.6f s\n", i->blocked_ns / 1e9);
	printf("switches    %llu\n", (unsigned long long)i->switches);
	printf("exits       %llu\n", (unsigned long long)i->exits);
	printf("hypercalls  %llu\n", (unsigned long long)i->hypercalls);
	printf("faults      %llu\n", (unsigned long long)i->faults);
	printf("events      %llu\n", (unsigned long long)i->events);
	printf("tsc         %llu kHz\n", (unsigned long long)i->tsc_khz);
}

int cmd_info(int argc, char **argv)
{
	struct pvhv_dom_info info;
	struct simple_args args;
	struct pvhv_error err;
	int ctl, ret;

	cmd_parse_simple(argc, argv, "GUEST", "Tells all about a guest (its name or number).",
			 1, 1, &args);
	ctl = pvhv_open(&err);
	if (ctl < 0)
		return cmd_fail(&err);
	ret = pvhv_domain_find(ctl, args.arg[0], &info, &err);
	close(ctl);
	if (ret)
		return cmd_fail(&err);
	if (args.json)
		cmd_print_json(json_domain(&info, 1));
	else
		print_info(&info);
	return EXIT_OK;
}
