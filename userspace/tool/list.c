// SPDX-License-Identifier: GPL-2.0
/* pvhv list: one line per domain of this host. */
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"

static void print_domain(const struct pvhv_dom_info *i)
{
	printf("%4u  %-24.*s %-9s %5u %6llu MiB %7d %10.3f\n", i->domid, PVHV_NAME_MAX, i->name,
	       pvhv_state_name(i->state), i->nr_vcpus, (unsigned long long)i->nr_pages >> 8,
	       i->pid, i->run_ns / 1e9);
}

static int list_all(int ctl, struct json_object *array, struct pvhv_error *err)
{
	struct pvhv_dom_info info;
	unsigned int next = 0;
	int ret;

	while ((ret = pvhv_domain_next(ctl, next, &info, err)) > 0) {
		if (array)
			json_object_array_add(array, json_domain(&info, 0));
		else
			print_domain(&info);
		if (info.domid == UINT32_MAX)
			return 0;
		next = info.domid + 1;
	}
	return ret;
}

int cmd_list(int argc, char **argv)
{
	struct json_object *array = NULL;
	struct simple_args args;
	struct pvhv_error err;
	int ctl, ret;

	cmd_parse_simple(argc, argv, "", "Lists the guests; time in seconds of a core.", 0, 0,
			 &args);
	ctl = pvhv_open(&err);
	if (ctl < 0)
		return cmd_fail(&err);
	if (args.json)
		array = json_object_new_array();
	else
		printf("  ID  NAME                     STATE     VCPUS     MEMORY     PID       TIME\n");
	ret = list_all(ctl, array, &err);
	close(ctl);
	if (ret < 0)
		return cmd_fail(&err);
	if (array)
		cmd_print_json(array);
	return EXIT_OK;
}
