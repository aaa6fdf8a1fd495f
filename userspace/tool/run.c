// SPDX-License-Identifier: GPL-2.0
/*
 * pvhv run: one process per guest.  It builds the guest, is its console, and
 * ends with it; when the process goes, its domain's file closes and the
 * guest goes, too.
 */
#include <argp.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/array.h"
#include "relay.h"
#include "terminal.h"

/* Exit codes by the guest's end; documented in docs/pvhv.md. */
#define EXIT_REBOOT	3
#define EXIT_PANIC	4
#define EXIT_KILLED	5
#define EXIT_DESTROYED	6
#define EXIT_CORE_LOST	7
#define EXIT_HALTED	8
#define EXIT_UNSOUND	9	/* --audit found differences */

struct run {
	const char *file;
	int no_reboot;
	int audit;
	int stopping;		/* how often the user asked for the end */
	int unsound;		/* an audit found differences */
	int signals;
	int ctl;
	struct pvhv_config config;
	int dom;
	struct relay relay;
};

static error_t parse_run(int key, char *arg, struct argp_state *state)
{
	struct run *run = state->input;

	switch (key) {
	case 'n':
		run->no_reboot = 1;
		return 0;
	case 'a':
		run->audit = 1;
		return 0;
	case ARGP_KEY_ARG:
		if (run->file)
			argp_error(state, "one guest at a time");
		run->file = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "say which guest file");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int watch_signals(void)
{
	static const int watched[] = { SIGTERM, SIGINT, SIGHUP, SIGWINCH, SIGUSR1 };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++)
		sigaddset(&set, watched[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- while it runs ---- */

static void audit_frames(struct run *run)
{
	struct pvhv_dom_audit a;
	struct pvhv_error err;

	if (pvhv_domain_audit(run->dom, &a, &err)) {
		run->unsound = 1;
		terminal_say("%s", err.text);
		return;
	}
	terminal_say("audit: %llu frames, %llu page tables, %u differences%s%.*s",
		     (unsigned long long)a.frames, (unsigned long long)a.tables, a.differences,
		     a.msg[0] ? ": " : "", PVHV_MSG_MAX, a.msg);
	if (a.differences)
		run->unsound = 1;
}

static void send_winsize(struct run *run)
{
	unsigned int rows, cols;

	if (!terminal_size(&rows, &cols))
		pvhv_domain_winsize(run->dom, rows, cols, NULL);
}

/* First time: asks the guest.  Second time, or if it cannot be asked: ends it. */
static void stop(struct run *run, const char *how_again)
{
	struct pvhv_error err;

	if (!run->stopping++) {
		if (!pvhv_domain_request(run->dom, 0, &err)) {
			terminal_say("asked '%s' to power off; %s ends it at once",
				     run->config.name, how_again);
			return;
		}
		terminal_say("%s: ending it", err.text);
	}
	if (pvhv_domain_end(run->dom, &err))
		terminal_say("%s", err.text);
}

static void take_signal(struct run *run)
{
	struct signalfd_siginfo si;

	while (read(run->signals, &si, sizeof(si)) == sizeof(si)) {
		switch (si.ssi_signo) {
		case SIGWINCH:
			send_winsize(run);
			break;
		case SIGUSR1:
			audit_frames(run);
			break;
		default:
			stop(run, "the same signal again");
		}
	}
}

/* Until the guest has ended.  0, or -1: its console is lost. */
static int attend(struct run *run)
{
	for (;;) {
		switch (relay_run(&run->relay)) {
		case RELAY_ENDED:
			return 0;
		case RELAY_LEAVE:
			stop(run, "Ctrl-] again");
			break;
		case RELAY_SIGNAL:
			take_signal(run);
			break;
		case RELAY_FAILED:
			terminal_say("cannot watch the console: %s", strerror(errno));
			return -1;
		}
	}
}

/* ---- its end ---- */

static int exit_code(unsigned int reason)
{
	switch (reason) {
	case PVHV_END_POWEROFF:
		return EXIT_OK;
	case PVHV_END_REBOOT:
		return EXIT_REBOOT;
	case PVHV_END_PANIC:
		return EXIT_PANIC;
	case PVHV_END_KILLED:
		return EXIT_KILLED;
	case PVHV_END_DESTROYED:
		return EXIT_DESTROYED;
	case PVHV_END_CORE_LOST:
		return EXIT_CORE_LOST;
	case PVHV_END_HALT:
		return EXIT_HALTED;
	default:
		return EXIT_FAILED;
	}
}

static int report_end(struct run *run, struct pvhv_dom_info *info)
{
	struct pvhv_error err;
	int told;

	if (pvhv_domain_info(run->dom, info, &err)) {
		terminal_say("%s", err.text);
		return EXIT_FAILED;
	}
	if (info->state != PVHV_DOM_ST_ENDED) {
		terminal_say("the console of '%s' closed although it is %s: ending it",
			     run->config.name, pvhv_state_name(info->state));
		return EXIT_FAILED;
	}
	/* The message may say no more than the reason. */
	told = info->msg[0] && strcmp(info->msg, pvhv_end_name(info->reason));
	terminal_say("guest '%s' has ended: %s%s%.*s", run->config.name,
		     pvhv_end_name(info->reason), told ? ": " : "",
		     told ? PVHV_MSG_MAX : 0, info->msg);
	return exit_code(info->reason);
}

/* One life of the guest, from its start to its end. */
static int live_once(struct run *run)
{
	int keys = terminal_usable();
	struct pvhv_dom_info info;
	struct pvhv_error err;
	int ret;

	run->dom = pvhv_guest_start(run->ctl, &run->config, &err);
	if (run->dom < 0)
		return cmd_fail(&err);
	/* Building took tables and lists; from here on this process only waits. */
	malloc_trim(0);
	if (relay_init(&run->relay, run->dom, run->signals, keys)) {
		terminal_say("cannot watch the console: %s", strerror(errno));
		ret = EXIT_FAILED;
		goto out;
	}
	send_winsize(run);
	if (keys) {
		terminal_say("guest '%s' starts; Ctrl-] leaves", run->config.name);
		terminal_raw();
	}
	ret = attend(run) ? EXIT_FAILED : EXIT_OK;
	terminal_restore();
	if (ret == EXIT_OK)
		ret = report_end(run, &info);
	if (run->audit)
		audit_frames(run);
out:
	close(run->dom);
	return ret;
}

static int forwards_ip6(void)
{
	FILE *f = fopen("/proc/sys/net/ipv6/conf/all/forwarding", "re");
	int c = f ? getc(f) : EOF;

	if (f)
		fclose(f);
	return c != '0';
}

/* For IPv4 the setting of the guest's own interface does; for IPv6 Linux has but one, which is not ours. */
static void say_forwarding(const struct pvhv_config *c)
{
	for (unsigned int i = 0; i < c->nr_nets; i++)
		if (c->net[i].has_ip6 && !forwards_ip6())
			terminal_say("net%u: over IPv6 the guest reaches this host only, which forwards none: 'sysctl net.ipv6.conf.all.forwarding=1' lets it reach others",
				     c->net[i].nr);
}

static int live(struct run *run)
{
	int code;

	do {
		code = live_once(run);
	} while (code == EXIT_REBOOT && !run->no_reboot && !run->stopping && !run->unsound);
	return run->unsound ? EXIT_UNSOUND : code;
}

int cmd_run(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "no-reboot", 'n', NULL, 0, "Exit with 3 when the guest reboots", 0 },
		{ "audit", 'a', NULL, 0,
		  "When the guest has ended, recount its frames; exit with 9 if they differ", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options, parse_run, "GUEST.conf",
		"Runs a guest in the foreground, its console on this terminal.\v\n"
		"Ctrl-] (on a terminal), SIGTERM, SIGINT and SIGHUP ask the guest to power off;\n"
		"the second one ends it at once. SIGUSR1 recounts its frames.\n\n"
		"Exit codes: 0 powered off, 1 failed to run, 2 usage, 3 reboot (--no-reboot),\n"
		"4 panic, 5 killed, 6 destroyed, 7 core lost, 8 halted, 9 audit found differences.",
		NULL, NULL, NULL,
	};
	struct run run = { .file = NULL };
	struct pvhv_error err;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &run);
	if (pvhv_config_read(run.file, &run.config, &err))
		return cmd_fail(&err);
	run.ctl = pvhv_open(&err);
	if (run.ctl < 0) {
		pvhv_config_free(&run.config);
		return cmd_fail(&err);
	}
	run.signals = watch_signals();
	say_forwarding(&run.config);
	code = live(&run);
	close(run.signals);
	close(run.ctl);
	pvhv_config_free(&run.config);
	return code;
}
