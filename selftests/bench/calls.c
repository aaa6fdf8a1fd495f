// SPDX-License-Identifier: GPL-2.0
/* Rows of single system calls, and of the clock that needs none. */
#include <fcntl.h>
#include <sched.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define SELECT_FDS	100

static int zero_fd, null_fd;
static int select_fds[SELECT_FDS];

static void null_call(long n)
{
	while (n--)
		syscall(SYS_getppid);
}

static void null_io(long n)
{
	char c = 0;

	while (n--) {
		if (read(zero_fd, &c, 1) != 1)
			fail("read of /dev/zero");
		if (write(null_fd, &c, 1) != 1)
			fail("write to /dev/null");
	}
}

static void call_stat(long n)
{
	struct stat s;

	while (n--)
		if (stat(STAT_PATH, &s))
			fail("stat");
}

static void open_close(long n)
{
	while (n--) {
		int fd = open(STAT_PATH, O_RDONLY);

		if (fd < 0)
			fail("open");
		close(fd);
	}
}

static void call_select(long n)
{
	while (n--) {
		struct timeval tv = { 0, 0 };
		int i, max = 0;
		fd_set set;

		FD_ZERO(&set);
		for (i = 0; i < SELECT_FDS; i++) {
			FD_SET(select_fds[i], &set);
			if (select_fds[i] > max)
				max = select_fds[i];
		}
		select(max + 1, NULL, &set, NULL, &tv);
	}
}

static void clock_vdso(long n)
{
	struct timespec t;

	while (n--)
		clock_gettime(CLOCK_MONOTONIC, &t);
}

static void clock_call(long n)
{
	struct timespec t;

	while (n--)
		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
}

static void yield(long n)
{
	while (n--)
		sched_yield();
}

static void row_select(void)
{
	int i, a, b;

	if (!wanted("select_100tcp"))
		return;
	tcp_pair(&a, &b);
	for (i = 0; i < SELECT_FDS; i++)
		select_fds[i] = dup(a);
	measure("select_100tcp", call_select, 1);
	for (i = 0; i < SELECT_FDS; i++)
		close(select_fds[i]);
	close(a);
	close(b);
}

void rows_calls(void)
{
	measure("getppid", null_call, 1);
	zero_fd = open("/dev/zero", O_RDONLY);
	null_fd = open("/dev/null", O_WRONLY);
	if (zero_fd < 0 || null_fd < 0)
		fail("open of /dev/zero and /dev/null");
	measure("null_io", null_io, 2);
	measure("stat", call_stat, 1);
	measure("open_close", open_close, 1);
	row_select();
	measure("clock_gettime", clock_vdso, 1);
	measure("clock_gt_sys", clock_call, 1);
	measure("sched_yield", yield, 1);
	close(zero_fd);
	close(null_fd);
}
