// SPDX-License-Identifier: GPL-2.0
/* Rows of processes that start and end, and of whole small programs. */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static void wait_for(pid_t child)
{
	int status;

	if (child < 0)
		fail("fork");
	if (waitpid(child, &status, 0) != child || status)
		fail("a child process");
}

static void fork_exit(long n)
{
	while (n--) {
		pid_t child = fork();

		if (!child)
			_exit(0);
		wait_for(child);
	}
}

static void fork_exec(long n)
{
	while (n--) {
		pid_t child = fork();

		if (!child) {
			execl(TINY_PATH, "tiny", NULL);
			_exit(1);
		}
		wait_for(child);
	}
}

static void vfork_exec(long n)
{
	while (n--) {
		pid_t child = vfork();

		if (!child) {
			execl(TINY_PATH, "tiny", NULL);
			_exit(1);
		}
		wait_for(child);
	}
}

/* Runs @script in a shell. */
static void shell(const char *script)
{
	pid_t child = fork();

	if (!child) {
		execl(BUSYBOX_PATH, "sh", "-c", script, NULL);
		_exit(1);
	}
	wait_for(child);
}

static void fork_sh(long n)
{
	while (n--)
		shell(TINY_PATH);
}

/* Files come and go, output goes through pipes: 48 small programs. */
#define SCRIPT	"cd /tmp; i=0; while [ $i -lt 12 ]; do $B echo a$i | $B tr a b >t$i; $B cat t$i >/dev/null; $B rm t$i; i=$((i+1)); done"

static void macro_sh(long n)
{
	while (n--)
		shell("B=" BUSYBOX_PATH "; " SCRIPT);
}

static void macro_sha(long n)
{
	while (n--) {
		pid_t child = fork();

		if (!child) {
			dup2(open("/dev/null", O_WRONLY), 1);
			execl(BUSYBOX_PATH, "sha256sum", STAT_PATH, NULL);
			_exit(1);
		}
		wait_for(child);
	}
}

void rows_processes(void)
{
	measure("fork_exit", fork_exit, 1);
	measure("fork_exec", fork_exec, 1);
	measure("vfork_exec", vfork_exec, 1);
	measure("fork_sh", fork_sh, 1);
}

void rows_macro(void)
{
	measure("macro_sh", macro_sh, 1);
	measure("macro_sha1m", macro_sha, 1);
}
