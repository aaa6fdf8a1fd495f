// SPDX-License-Identifier: GPL-2.0
/* Rows of files that come and go on tmpfs, and of a timer's lateness. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define FILES		300
#define TIMERS		MAX_REPS
#define TIMER_NS	2000000
#define SECOND_NS	1000000000

static void each_file(void (*fn)(const char *path))
{
	char path[64];
	int i;

	for (i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "/dev/shm/f%d", i);
		fn(path);
	}
}

static void create(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	if (fd < 0)
		fail("create");
	close(fd);
}

static void delete(const char *path)
{
	if (unlink(path))
		fail("unlink");
}

static void create_and_delete(void)
{
	double created[MAX_REPS], deleted[MAX_REPS];
	int r;

	if (!wanted("create_0k") && !wanted("delete_0k"))
		return;
	for (r = -1; r < opt.reps; r++) {
		uint64_t start = now_ns(), middle;

		each_file(create);
		middle = now_ns();
		each_file(delete);
		if (r < 0)
			continue;
		created[r] = (middle - start) / 1e3 / FILES;
		deleted[r] = (now_ns() - middle) / 1e3 / FILES;
	}
	report("create_0k", created, opt.reps, "us", FILES);
	report("delete_0k", deleted, opt.reps, "us", FILES);
}

static void timer(void)
{
	double late[TIMERS];
	struct timespec t;
	int i;

	if (!wanted("timer_2ms"))
		return;
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	for (i = 0; i < TIMERS; i++) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		t.tv_nsec += TIMER_NS;
		if (t.tv_nsec >= SECOND_NS) {
			t.tv_nsec -= SECOND_NS;
			t.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		late[i] = (now_ns() - (t.tv_sec * (uint64_t)SECOND_NS + t.tv_nsec)) / 1e3;
	}
	report("timer_2ms", late, TIMERS, "us", 1);
}

void rows_files(void)
{
	create_and_delete();
	timer();
}
