// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest with two vCPUs on one core sees: virtual and stolen time, locks
 * whose holder does not run, CPUs that go and come.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests.h"

#define CPUS	2

struct times {
	unsigned long long virtual[CPUS], real[CPUS], steal[CPUS];
	long ticks;	/* of /proc/stat's steal */
};

static int read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY), n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n;
}

static int read_lines(const char *name, unsigned long long *ns)
{
	char path[64], text[256], *line;
	unsigned int cpu;
	int lines = 0;

	snprintf(path, sizeof(path), "/sys/kernel/pvhv/%s", name);
	read_file(path, text, sizeof(text));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
		char *end;

		cpu = strtoul(line, &end, 10);
		if (cpu >= CPUS || *end != ' ')
			return 0;
		ns[cpu] = strtoull(end, NULL, 10);
	}
	return lines;
}

static int read_times(struct times *t)
{
	char text[256];

	read_file("/proc/stat", text, sizeof(text));
	return sscanf(text, "cpu %*d %*d %*d %*d %*d %*d %*d %ld", &t->ticks) == 1 &&
	       read_lines("virtual_time_ns", t->virtual) == CPUS &&
	       read_lines("real_time_ns", t->real) == CPUS &&
	       read_lines("steal_ns", t->steal) == CPUS;
}

static void *spin(void *arg)
{
	uint64_t end = now_ns() + 2000000000ull;

	while (now_ns() < end)
		;
	return arg;
}

static void on_both(void *(*run)(void *))
{
	pthread_t threads[CPUS];

	for (int i = 0; i < CPUS; i++) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(i, &set);
		pthread_create(&threads[i], NULL, run, NULL);
		pthread_setaffinity_np(threads[i], sizeof(set), &set);
	}
	for (int i = 0; i < CPUS; i++)
		pthread_join(threads[i], NULL);
}

void test_vtime(void)
{
	struct times a = { 0 }, b = { 0 };
	double real, sum = 0, stolen = 0;
	int both = 1;

	if (!check(read_times(&a), "virtual time of %d vCPUs can be read", CPUS))
		return;
	on_both(spin);
	read_times(&b);
	real = b.real[0] - a.real[0];
	for (int i = 0; i < CPUS; i++) {
		double v = b.virtual[i] - a.virtual[i];

		both &= v > real / 20;
		sum += v;
		stolen += b.steal[i] - a.steal[i];
	}
	check(both && sum < real * 1.2, "two busy vCPUs share the virtual time of one core (%.2f of %.2f s)",
	      sum / 1e9, real / 1e9);
	check(stolen < real * 1.2, "and what one runs is stolen from the other, once (%.2f s)",
	      stolen / 1e9);
}

static void shares_time(void)
{
	struct times a = { 0 }, b = { 0 };
	double real, stolen = 0;

	if (!check(read_times(&a), "virtual, real and stolen time of %d vCPUs can be read", CPUS))
		return;
	on_both(spin);
	read_times(&b);
	real = b.real[0] - a.real[0];
	for (int i = 0; i < CPUS; i++)
		stolen += b.steal[i] - a.steal[i];
	check(stolen > real / 3, "each is stolen what the other runs (%.2f s)", stolen / 1e9);
	check(b.ticks - a.ticks > (long)(stolen / 1e7 / 3), "/proc/stat shows %ld jiffies of it",
	      b.ticks - a.ticks);
}

/* --- locks --- */

#define PIPE_BYTES	200000

static int pipe_ends[2];

/* Both write to one pipe, byte by byte, and read from it: one lock, always wanted. */
static void *fight(void *arg)
{
	char c = 1;

	for (int i = 0; i < PIPE_BYTES; i++)
		if (write(pipe_ends[1], &c, 1) != 1 || read(pipe_ends[0], &c, 1) != 1)
			return arg;
	return NULL;
}

static void locks(void)
{
	uint64_t start = now_ns();

	if (pipe(pipe_ends))
		die("pipe");
	on_both(fight);
	check(1, "two CPUs get through %d turns with one lock (%d ms)", PIPE_BYTES,
	      (int)((now_ns() - start) / 1000000));
}

/* --- hot-plug --- */

static int set_online(int on)
{
	int fd = open("/sys/devices/system/cpu/cpu1/online", O_WRONLY);
	int n = fd < 0 ? -1 : write(fd, on ? "1" : "0", 1);

	if (fd >= 0)
		close(fd);
	return n == 1;
}

static void goes_and_comes(void)
{
	int good = 1;

	for (int i = 0; i < 5 && good; i++) {
		good = set_online(0) && sysconf(_SC_NPROCESSORS_ONLN) == 1;
		usleep(20000);
		good = good && set_online(1) && sysconf(_SC_NPROCESSORS_ONLN) == 2;
	}
	check(good, "a CPU goes offline and comes back 5 times");
	on_both(fight);
	check(sched_getcpu() >= 0, "and both work");
}

void test_vcpus(void)
{
	shares_time();
	locks();
	goes_and_comes();
}
