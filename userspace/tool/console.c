// SPDX-License-Identifier: GPL-2.0
/* pvhv console: this terminal on the console of a guest that runs elsewhere. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd.h"
#include "relay.h"
#include "terminal.h"

static int open_console(const char *who, struct pvhv_dom_info *info, struct pvhv_error *err)
{
	int ctl, ret;

	ctl = cmd_open_guest(who, info, err);
	if (ctl < 0)
		return ctl;
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
	const char *who = cmd_parse_guest(argc, argv, "Attaches this terminal to a guest's console.  Ctrl-] leaves it; the guest goes on.");
	struct pvhv_dom_info info;
	struct pvhv_error err;
	int console, ret;

	console = open_console(who, &info, &err);
	if (console < 0)
		return cmd_fail(&err);
	ret = attach(console, &info);
	close(console);
	return ret;
}
