// SPDX-License-Identifier: GPL-2.0
/* Clocks and timers: monotonic, read without a system call, never too early. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests.h"

#define MS	1000000ull

static uint64_t raw_ns(clockid_t clock)
{
	struct timespec t;

	syscall(SYS_clock_gettime, clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void monotonic(void)
{
	uint64_t last = now_ns(), now, widest = 0;
	int back = 0;

	for (int i = 0; i < 300000; i++) {
		now = now_ns();
		back += now < last;
		if (now - last > widest && now > last)
			widest = now - last;
		last = now;
	}
	check(!back, "300000 readings never go back (widest gap %d us)", (int)(widest / 1000));
}

/* Any system call that reads a clock kills. */
static void forbid_clock_calls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_gettimeofday, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_time, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		die("seccomp");
}

static pid_t clock_reader(int by_call)
{
	struct timespec t;
	struct timeval tv;
	pid_t pid = fork();

	if (pid)
		return pid;
	forbid_clock_calls();
	if (by_call)
		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	for (int i = 0; i < 2000; i++) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		clock_gettime(CLOCK_REALTIME, &t);
		gettimeofday(&tv, NULL);
	}
	_exit(0);
}

static void vdso(void)
{
	uint64_t before, by_vdso, after;
	int bad = 0;

	check(wait_for(clock_reader(0)) == 0, "clocks are read without a system call");
	check(wait_for(clock_reader(1)) == -SIGSYS, "(and a call would have been noticed)");
	for (int i = 0; i < 2000; i++) {
		before = raw_ns(CLOCK_MONOTONIC);
		by_vdso = now_ns();
		after = raw_ns(CLOCK_MONOTONIC);
		bad += by_vdso < before || by_vdso > after;
	}
	check(!bad, "the vdso and the kernel tell the same time (%d of 2000 differ)", bad);
}

static void sleeps(void)
{
	struct timespec t = { 0, 20 * MS };
	uint64_t start, took, longest = 0, shortest = -1;

	for (int i = 0; i < 20; i++) {
		start = now_ns();
		nanosleep(&t, NULL);
		took = now_ns() - start;
		longest = took > longest ? took : longest;
		shortest = took < shortest ? took : shortest;
	}
	/* The upper bound is wide: the whole machine may be an emulation under load. */
	check(shortest >= 20 * MS && longest < 1000 * MS, "20 ms of sleep take %d to %d us",
	      (int)(shortest / 1000), (int)(longest / 1000));
}

static void periodic(void)
{
	struct itimerspec every = { { 0, 10 * MS }, { 0, 10 * MS } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t start = now_ns(), ticks = 0, n, took;

	timerfd_settime(fd, 0, &every, NULL);
	while (ticks < 50 && read(fd, &n, sizeof(n)) == sizeof(n))
		ticks += n;
	took = now_ns() - start;
	check(ticks >= 50 && took >= ticks * 10 * MS && took < (ticks + 100) * 10 * MS,
	      "a timer of 10 ms strikes %d times in %d ms", (int)ticks, (int)(took / MS));
	close(fd);
}

static void poll_timeout(void)
{
	uint64_t start = now_ns();
	int ret = poll(NULL, 0, 25);

	check(!ret && now_ns() - start >= 25 * MS, "poll waits its time");
}

/* What a computation takes in CPU time cannot be more than what passes. */
static void cpu_time(void)
{
	uint64_t wall = now_ns(), cpu = raw_ns(CLOCK_PROCESS_CPUTIME_ID);

	while (now_ns() - wall < 200 * MS)
		;
	cpu = raw_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = now_ns() - wall;
	check(cpu > 0 && cpu <= wall + 10 * MS, "CPU time is counted (%d of %d ms)",
	      (int)(cpu / MS), (int)(wall / MS));
}

void test_time(void)
{
	monotonic();
	vdso();
	sleeps();
	periodic();
	poll_timeout();
	cpu_time();
}
