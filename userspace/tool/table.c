// SPDX-License-Identifier: GPL-2.0
/* The 'list' commands: all of a kind, as a table or as a JSON array. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/error.h"

static int list_items(int ctl, const struct listing *l, struct json_object *array,
		      struct pvhv_error *err)
{
	void *item = malloc(l->item_size);
	unsigned int at = 0, next;
	int ret;

	if (!item)
		return error_set(err, -ENOMEM, "out of memory");
	while ((ret = l->find(ctl, at, item, &next, err)) > 0) {
		if (array)
			json_object_array_add(array, l->json(item));
		else
			l->print(item);
		if (next == UINT32_MAX) {
			ret = 0;
			break;
		}
		at = next + 1;
	}
	free(item);
	return ret;
}

int cmd_listing(int argc, char **argv, const struct listing *l)
{
	struct json_object *array = NULL;
	struct simple_args args;
	struct pvhv_error err;
	int ctl, ret;

	cmd_parse_simple(argc, argv, "", l->doc, 0, 0, &args);
	ctl = pvhv_open(&err);
	if (ctl < 0)
		return cmd_fail(&err);
	if (args.json)
		array = json_object_new_array();
	else
		puts(l->header);
	ret = list_items(ctl, l, array, &err);
	close(ctl);
	if (ret < 0) {
		json_object_put(array);
		return cmd_fail(&err);
	}
	if (array)
		cmd_print_json(array);
	return EXIT_OK;
}
