// SPDX-License-Identifier: GPL-2.0
/* pvhv destroy: ends a domain at once, as pulling the plug does. */
#include <argp.h>
#include <unistd.h>

#include "cmd.h"

static error_t parse_destroy(int key, char *arg, struct argp_state *state)
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

int cmd_destroy(int argc, char **argv)
{
	static const struct argp argp = {
		NULL, parse_destroy, "GUEST",
		"Ends a guest (its name or number) at once, as pulling the plug does.",
		NULL, NULL, NULL,
	};
	struct pvhv_dom_info info;
	const char *who = NULL;
	struct pvhv_error err;
	int ctl, ret;

	argp_parse(&argp, argc, argv, 0, NULL, &who);
	ctl = pvhv_open(&err);
	if (ctl < 0)
		return cmd_fail(&err);
	ret = pvhv_domain_find(ctl, who, &info, &err);
	if (!ret)
		ret = pvhv_domain_destroy(ctl, info.domid, &err);
	close(ctl);
	return ret ? cmd_fail(&err) : EXIT_OK;
}
