// SPDX-License-Identifier: GPL-2.0
/* pvhv console: this terminal on the console of a guest that runs elsewhere. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd.h"
#include "relay.h"
#include "terminal.h"

static error_t parse_console(int key, char *arg, struct argp_state *state)
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

static int open_console(const char *who, struct pvhv_dom_info *info, struct pvhv_error *err)
{
	int ctl, ret;

	ctl = pvhv_open(err);
	if (ctl < 0)
		return ctl;
	ret = pvhv_domain_find(ctl, who, info, err);
	if (!ret)
		ret = pvhv_domain_console(ctl, info->domid, err);
	close(ctl);
	return ret;
}

static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int attach(int console, const struct pvhv_dom_info *info)
{
	int keys = terminal_usable();
	struct relay relay;

	if (relay_init(&relay, console, watch_signals(), keys)) {
		terminal_say("cannot watch the console: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (keys) {
		terminal_say("console of '%.*s'; Ctrl-] leaves it", PVHV_NAME_MAX, info->name);
		terminal_raw();
	}
	switch (relay_run(&relay)) {
	case RELAY_ENDED:
		terminal_restore();
		terminal_say("guest '%.*s' has ended", PVHV_NAME_MAX, info->name);
		return EXIT_OK;
	case RELAY_FAILED:
		terminal_restore();
		terminal_say("cannot watch the console: %s", strerror(errno));
		return EXIT_FAILED;
	default:
		terminal_restore();
		return EXIT_OK;
	}
}

int cmd_console(int argc, char **argv)
{
	static const struct argp argp = {
		NULL, parse_console, "GUEST",
		"Attaches this terminal to a guest's console.  Ctrl-] leaves it; the guest goes on.",
		NULL, NULL, NULL,
	};
	struct pvhv_dom_info info;
	const char *who = NULL;
	struct pvhv_error err;
	int console, ret;

	argp_parse(&argp, argc, argv, 0, NULL, &who);
	console = open_console(who, &info, &err);
	if (console < 0)
		return cmd_fail(&err);
	ret = attach(console, &info);
	close(console);
	return ret;
}
