// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest with two vCPUs on one core sees: virtual and stolen time, locks
 * whose holder does not run, CPUs that go and come.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests.h"

#define CPUS	2
#define ALL_WELL	""	/* what a thread is given and returns */

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

/* A thread on each CPU; whether that was possible, and each returned arg. */
static int on_both(void *(*run)(void *), void *arg)
{
	pthread_t threads[CPUS];
	int good = 1;

	for (int i = 0; i < CPUS; i++) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(i, &set);
		pthread_create(&threads[i], NULL, run, arg);
		good &= !pthread_setaffinity_np(threads[i], sizeof(set), &set);
	}
	for (int i = 0; i < CPUS; i++) {
		void *result;

		pthread_join(threads[i], &result);
		good &= result == arg;
	}
	return good;
}

void test_vtime(void)
{
	struct times a = { 0 }, b = { 0 };
	double real, sum = 0, stolen = 0;
	int both = 1;

	if (!check(read_times(&a), "virtual time of %d vCPUs can be read", CPUS))
		return;
	on_both(spin, ALL_WELL);
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
	on_both(spin, ALL_WELL);
	read_times(&b);
	real = b.real[0] - a.real[0];
	for (int i = 0; i < CPUS; i++)
		stolen += b.steal[i] - a.steal[i];
	check(stolen > real / 3, "each is stolen what the other runs (%.2f s)", stolen / 1e9);
	check(b.ticks - a.ticks > (long)(stolen / 1e7 / 3), "/proc/stat shows %ld jiffies of it",
	      b.ticks - a.ticks);
}

/* --- locks --- */

#define SLEEPERS	400
#define CALLS		10000
#define WAITS		20
#define BLOCK		(1 << 20)
#define BLOCKS		500

/* A signal that is ignored from now on is taken from each thread: in a process with many, nearly all of the call holds one spinlock. */
static void *contend(void *arg)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	for (long i = 0; i < CALLS; i++)
		if (sigaction(SIGUSR1, &ignore, NULL))
			return NULL;
	return arg;
}

/* How often each CPU has slept for a spinlock. */
static int read_waits(unsigned long long *waits) { return read_lines("lock_waits", waits) == CPUS; }

static void *sleeper(void *fd)
{
	char c;

	return read((int)(long)fd, &c, 1) ? fd : NULL;
}

/*
 * Who waits for a lock whose holder does not run sleeps before its stay on the core is over: at each change of the two on
 * the core one of them waits, but for those that meet between two calls.
 */
static void locks(void)
{
	unsigned long long a[CPUS] = { 0 }, b[CPUS] = { 0 };
	pthread_t threads[SLEEPERS];
	pthread_attr_t attr;
	uint64_t start;
	int ends[2];

	if (pipe(ends))
		die("pipe");
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	for (int i = 0; i < SLEEPERS; i++)
		if (pthread_create(&threads[i], &attr, sleeper, (void *)(long)ends[0]))
			die("pthread_create");
	check(read_waits(a), "waits for locks can be read");
	contend(ALL_WELL);
	read_waits(b);
	check(b[0] + b[1] - a[0] - a[1] < WAITS, "who is alone waits for no lock");
	start = now_ns();
	on_both(contend, ALL_WELL);
	read_waits(a);
	check(a[0] > b[0] + WAITS && a[1] > b[1] + WAITS,
	      "two CPUs of one core contend for a spinlock: they slept %llu and %llu times in %d ms", a[0] - b[0],
	      a[1] - b[1], (int)((now_ns() - start) / 1000000));
	close(ends[1]);
	for (int i = 0; i < SLEEPERS; i++)
		pthread_join(threads[i], NULL);
}

/* The lock of a file, a semaphore, is held nearly all the time of a large write. */
static void *write_blocks(void *file)
{
	static const char block[BLOCK];

	for (int i = 0; i < BLOCKS; i++)
		if (pwrite((int)(long)file, block, BLOCK, 0) != BLOCK)
			return NULL;
	return file;
}

/* How often each CPU did not spin for an owner that had lost its core. */
static int read_yields(unsigned long long *yields) { return read_lines("lock_yields", yields) == CPUS; }

/* At each change of the two on the core, one of them finds that the other is the owner and does not run. */
static void owners(void)
{
	unsigned long long a[CPUS] = { 0 }, b[CPUS] = { 0 };
	char name[] = "/tmp/owners-XXXXXX";
	int file = mkstemp(name), good;

	if (file < 0 || unlink(name))
		die(name);
	check(read_yields(a), "how often an owner had lost its core can be read");
	check(write_blocks((void *)(long)file) && read_yields(b) && b[0] + b[1] - a[0] - a[1] < WAITS,
	      "who is alone meets no such owner");
	good = on_both(write_blocks, (void *)(long)file);
	read_yields(a);
	close(file);
	check(good && a[0] > b[0] + WAITS && a[1] > b[1] + WAITS,
	      "two CPUs of one core contend for a semaphore: they did not spin %llu and %llu times",
	      a[0] - b[0], a[1] - b[1]);
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
	check(on_both(contend, ALL_WELL), "and both work");
}

void test_vcpus(void)
{
	shares_time();
	locks();
	owners();
	goes_and_comes();
}
