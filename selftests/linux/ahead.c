// SPDX-License-Identifier: GPL-2.0
/*
 * Fresh private memory: who touches it page after page gets pages ahead (mm/memory.c of the
 * guest), which nobody may notice but by fewer faults.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests.h"

#define PAGE	4096ul
#define PAGES	1024ul
#define SIZE	(PAGES * PAGE)
#define AHEAD	15	/* at most */

static char *fresh(int fd, size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* Touches pages, which stay as they are; the faults that it took. */
static long faults_of(char *p, size_t first, size_t end, size_t step)
{
	long before = minor_faults();

	for (size_t i = first; i < end; i += step)
		__atomic_fetch_or(p + i * PAGE, 0, __ATOMIC_RELAXED);	/* one write access */
	return minor_faults() - before;
}

/* Pages of anonymous memory that are there. */
static size_t mapped(char *p, size_t pages)
{
	static unsigned char there[PAGES];
	size_t n = 0;

	if (mincore(p, pages * PAGE, there))
		die("mincore");
	for (size_t i = 0; i < pages; i++)
		n += there[i] & 1;
	return n;
}

static int zero(const char *p, size_t size)
{
	return !p[0] && !memcmp(p, p + 1, size - 1);
}

/* What is in a new page was written over before, so that one that is not cleared shows. */
static void dirty_free_memory(void)
{
	char *p = fresh(-1, 4 * SIZE);

	memset(p, 0xa5, 4 * SIZE);
	munmap(p, 4 * SIZE);
}

static void anonymous(void)
{
	char *p;
	long n;

	dirty_free_memory();
	p = fresh(-1, SIZE);
	for (size_t i = 0; i < PAGES; i++)
		*(volatile char *)(p + i * PAGE) = 0;
	check(zero(p, SIZE), "new memory is zero, however it came");
	munmap(p, SIZE);
	p = fresh(-1, SIZE);
	n = faults_of(p, 1, PAGES, 1);
	/* 16 at a time, after a start in each of two or three page tables */
	check(!is_pvhv() || n < (long)PAGES / 4, "1023 pages in a row take %ld faults", n);
	munmap(p, SIZE);
}

static void bounded(void)
{
	char *p = fresh(-1, SIZE);
	size_t n;

	faults_of(p, 0, 100, 1);
	n = mapped(p, PAGES);
	check(n >= 100 && n <= 100 + AHEAD, "of 100 pages in a row, %zu are there", n);
	faults_of(p, 300, 900, 2);
	n = mapped(p + 300 * PAGE, 700);
	check(n == 300, "of 300 that are not neighbours, %zu", n);
	munmap(p, SIZE);
	p = fresh(-1, SIZE);
	for (size_t i = 0; i < PAGES; i += 64)
		faults_of(p, i, i + 3, 1);
	n = mapped(p, PAGES);
	check(n <= 6 * PAGES / 64, "of 16 rows of 3, %zu: no more than as many again", n);
	munmap(p, SIZE);
}

static void edges(void)
{
	char *p = fresh(-1, SIZE);

	mprotect(p + 110 * PAGE, PAGE, PROT_READ);
	munmap(p + 130 * PAGE, PAGE);
	faults_of(p, 0, 110, 1);
	check(mapped(p + 110 * PAGE, 1) == 0, "none beyond the end of the mapping");
	faults_of(p, 111, 130, 1);
	check(mapped(p + 131 * PAGE, 4) == 0, "nor over a gap");
	munmap(p, SIZE);
	p = fresh(-1, SIZE);
	madvise(p, SIZE, MADV_RANDOM);
	faults_of(p, 0, 100, 1);
	check(mapped(p, PAGES) == 100, "none where accesses are said to be random");
	munmap(p, SIZE);
	p = fresh(-1, SIZE);
	fill(p, 64 * PAGE, 11);
	madvise(p + 16 * PAGE, 16 * PAGE, MADV_DONTNEED);
	fill(p + 16 * PAGE, 2 * PAGE, 12);
	check(zero(p + 18 * PAGE, 14 * PAGE) && filled(p, 16 * PAGE, 11) == 16 * PAGE &&
	      filled(p + 16 * PAGE, 2 * PAGE, 12) == 2 * PAGE,
	      "what was given back is zero, its neighbours are as they were");
	munmap(p, SIZE);
}

static void copies(void)
{
	int fd = memory_file(SIZE, 21);
	char *p = fresh(fd, SIZE), *file = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	long n = faults_of(p, 0, PAGES, 1);

	check(!is_pvhv() || n < (long)PAGES / 4, "copies of 1024 pages of a file take %ld faults", n);
	check(filled(p, SIZE, 21) == SIZE, "each is the file's");
	munmap(p, SIZE);
	p = fresh(fd, SIZE);
	faults_of(p, 0, 8, 1);
	fill(p + 8 * PAGE, SIZE - 8 * PAGE, 22);
	check(filled(p + 8 * PAGE, SIZE - 8 * PAGE, 22) == SIZE - 8 * PAGE &&
	      filled(file, SIZE, 21) == SIZE, "what is written to them does not reach it");
	munmap(p, SIZE);
	munmap(file, SIZE);
	close(fd);
}

static sigjmp_buf back;

static void on_bus(int sig)
{
	siglongjmp(back, 1);
}

static int bus_error(volatile char *p)
{
	if (sigsetjmp(back, 1))
		return 1;
	*p = 1;
	return 0;
}

static void truncated(void)
{
	int fd = memory_file(SIZE, 31);
	char *p = fresh(fd, SIZE);

	signal(SIGBUS, on_bus);
	if (ftruncate(fd, 40 * PAGE))
		die("ftruncate");
	faults_of(p, 0, 40, 1);
	check(bus_error(p + 40 * PAGE) && bus_error(p + 50 * PAGE), "none beyond the end of the file");
	faults_of(p, 0, 20, 1);
	if (ftruncate(fd, 20 * PAGE))
		die("ftruncate");
	check(bus_error(p + 20 * PAGE) && bus_error(p + 39 * PAGE) && filled(p, 20 * PAGE, 31) == 20 * PAGE,
	      "copies of what is cut off are gone");
	signal(SIGBUS, SIG_DFL);
	munmap(p, SIZE);
	close(fd);
}

/* While one thread copies a file page after page, another one cuts it and lets it grow. */
static volatile int done;

static void *cut(void *arg)
{
	int fd = *(int *)arg;

	while (!done)
		if (ftruncate(fd, 100 * PAGE) || ftruncate(fd, SIZE))
			die("ftruncate");
	return NULL;
}

static void races(void)
{
	int fd = memory_file(SIZE, 41), wrong = 0;
	pthread_t thread;

	if (pthread_create(&thread, NULL, cut, &fd))
		die("pthread_create");
	signal(SIGBUS, on_bus);
	for (volatile int round = 0; round < 50; round++) {
		char *p = fresh(fd, SIZE);

		for (volatile size_t i = 0; i < PAGES; i++) {
			size_t at = i;

			if (bus_error(p + at * PAGE + PAGE - 1))
				break;
			/* below the cut always the file's; above, the file's or zero */
			if (at < 100 && filled(p + at * PAGE, PAGE - 8, 41 + at * PAGE / 8) != PAGE - 8)
				wrong++;
		}
		munmap(p, SIZE);
	}
	done = 1;
	pthread_join(thread, NULL);
	signal(SIGBUS, SIG_DFL);
	check(!wrong, "while the file is cut and grows all copies are right (%d are not)", wrong);
	close(fd);
}

/* Threads touch the same memory at the same time: nobody's page replaces another's. */
static void *toucher(void *arg)
{
	volatile uint32_t *p = arg;

	for (size_t i = 0; i < PAGES; i++)
		__atomic_fetch_add(&p[i * PAGE / 4], 1, __ATOMIC_RELAXED);
	return NULL;
}

static void threads(void)
{
	pthread_t thread[4];
	int wrong = 0;

	for (int round = 0; round < 10; round++) {
		uint32_t *p = (uint32_t *)fresh(-1, SIZE);

		for (int i = 0; i < 4; i++)
			if (pthread_create(&thread[i], NULL, toucher, p))
				die("pthread_create");
		for (int i = 0; i < 4; i++)
			pthread_join(thread[i], NULL);
		for (size_t i = 0; i < PAGES; i++)
			wrong += p[i * PAGE / 4] != 4;
		munmap(p, SIZE);
	}
	check(!wrong, "4 threads touch the same pages: none is replaced (%d are)", wrong);
}

void test_ahead(void)
{
	anonymous();
	bounded();
	edges();
	copies();
	truncated();
	races();
	threads();
}
