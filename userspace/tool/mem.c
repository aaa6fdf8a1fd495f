// SPDX-License-Identifier: GPL-2.0
/* pvhv mem-set: how much memory a running guest shall have. */
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"

int cmd_mem_set(int argc, char **argv)
{
	struct pvhv_dom_info info;
	struct simple_args args;
	struct pvhv_error err;
	uint64_t bytes;
	int ctl, ret;

	cmd_parse_simple(argc, argv, "GUEST SIZE",
			 "Sets how much memory a running guest (its name or number) shall have: MiB, or with suffix K, M, G; at most its maxmemory.  Returns at once; the guest follows as it can, and 'pvhv info' tells how far it is.",
			 2, 2, &args);
	if (pvhv_parse_size(args.arg[1], &bytes, &err)) {
		cmd_fail(&err);
		return EXIT_USAGE;
	}
	ctl = cmd_open_guest(args.arg[0], &info, &err);
	if (ctl < 0)
		return cmd_fail(&err);
	ret = pvhv_mem_set(ctl, info.domid, bytes, &err);
	close(ctl);
	return ret ? cmd_fail(&err) : EXIT_OK;
}
