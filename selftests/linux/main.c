// SPDX-License-Identifier: GPL-2.0
/* guest-tests PART: runs one part.  Exits with 0 if all of its results are good. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests.h"

static int results, failures;

/* One write per line, so that processes do not mix theirs. */
static void print_line(const char *head, const char *format, va_list args)
{
	char text[256], line[320];
	int n;

	vsnprintf(text, sizeof(text), format, args);
	n = snprintf(line, sizeof(line), "%s%s\n", head, text);
	if (write(1, line, n) != n)
		_exit(99);
}

int check(int good, const char *format, ...)
{
	char head[32];
	va_list args;

	results++;
	failures += !good;
	snprintf(head, sizeof(head), "%sok %d - ", good ? "" : "not ", results);
	va_start(args, format);
	print_line(head, format, args);
	va_end(args);
	return good;
}

void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line("# ", format, args);
	va_end(args);
}

void die(const char *what)
{
	note("%s: %s", what, strerror(errno));
	_exit(98);
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

uint64_t mix(uint64_t n)
{
	n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ull;
	n = (n ^ (n >> 27)) * 0x94d049bb133111ebull;
	return n ^ (n >> 31);
}

void fill(void *where, size_t bytes, uint64_t seed)
{
	uint64_t *p = where;

	for (size_t i = 0; i < bytes / 8; i++)
		p[i] = mix(seed + i);
}

size_t filled(const void *where, size_t bytes, uint64_t seed)
{
	const uint64_t *p = where;

	for (size_t i = 0; i < bytes / 8; i++)
		if (p[i] != mix(seed + i))
			return i * 8;
	return bytes;
}

int wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1000;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int memory_file(size_t size, uint64_t seed)
{
	int fd = memfd_create("file", 0);
	char *p;

	if (fd < 0 || ftruncate(fd, size))
		die("memfd");
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die("mmap");
	fill(p, size, seed);
	munmap(p, size);
	return fd;
}

long minor_faults(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_minflt;
}

int is_pvhv(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.release, "pvhv");
}

static const struct {
	const char *name;
	void (*run)(void);
} parts[] = {
	{ "signals", test_signals }, { "faults", test_faults }, { "debug", test_debug },
	{ "fpu", test_fpu }, { "tls", test_tls }, { "memory", test_memory },
	{ "processes", test_processes }, { "threads", test_threads }, { "time", test_time },
	{ "ipc", test_ipc }, { "big", test_big }, { "oom", test_oom }, { "disk", test_disk },
	{ "rng", test_rng }, { "shared", test_shared }, { "vcpus", test_vcpus },
	{ "vtime", test_vtime }, { "ahead", test_ahead }, { "move", test_move },
};

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "exec-child"))
		return exec_child(argc, argv);
	for (size_t i = 0; argc == 2 && i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(argv[1], parts[i].name))
			continue;
		alarm(300);
		parts[i].run();
		printf("1..%d\n", results);
		return failures != 0;
	}
	fprintf(stderr, "usage: guest-tests PART\n");
	return 2;
}
