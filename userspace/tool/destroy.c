// SPDX-License-Identifier: GPL-2.0
/* pvhv destroy: ends a domain at once, as pulling the plug does. */
#include <unistd.h>

#include "cmd.h"

int cmd_destroy(int argc, char **argv)
{
	const char *who = cmd_parse_guest(argc, argv, "Ends a guest (its name or number) at once, as pulling the plug does.");
	struct pvhv_dom_info info;
	struct pvhv_error err;
	int ctl, ret;

	ctl = cmd_open_guest(who, &info, &err);
	if (ctl < 0)
		return cmd_fail(&err);
	ret = pvhv_domain_destroy(ctl, info.domid, &err);
	close(ctl);
	return ret ? cmd_fail(&err) : EXIT_OK;
}
