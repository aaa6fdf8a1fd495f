// SPDX-License-Identifier: GPL-2.0
/* pvhv list: one line per domain of this host. */
#include <stdio.h>

#include "cmd.h"

static void print_domain(const void *item)
{
	const struct pvhv_dom_info *i = item;

	printf("%4u  %-24.*s %-9s %5u %6llu MiB %7d %10.3f\n", i->domid, PVHV_NAME_MAX, i->name,
	       pvhv_state_name(i->state), i->nr_vcpus, (unsigned long long)i->nr_pages >> 8,
	       i->pid, i->run_ns / 1e9);
}

static struct json_object *json_item(const void *item)
{
	return json_domain(item, 0);
}

static int find_domain(int ctl, unsigned int at, void *item, unsigned int *next,
		       struct pvhv_error *err)
{
	struct pvhv_dom_info *info = item;
	int ret = pvhv_domain_next(ctl, at, info, err);

	*next = info->domid;
	return ret;
}

int cmd_list(int argc, char **argv)
{
	static const struct listing domains = {
		.doc = "Lists the guests; time in seconds of a core.",
		.header = "  ID  NAME                     STATE     VCPUS     MEMORY     PID       TIME",
		.find = find_domain,
		.print = print_domain,
		.json = json_item,
		.item_size = sizeof(struct pvhv_dom_info),
	};

	return cmd_listing(argc, argv, &domains);
}
