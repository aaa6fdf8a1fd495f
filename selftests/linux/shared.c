// SPDX-License-Identifier: GPL-2.0
/*
 * Shared writable mappings: what is written arrives, however a page became
 * writable, and a pvhv guest takes cached pages around a write with one fault.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests.h"

#define PAGE	4096ul
#define PAGES	1024ul
#define SIZE	(PAGES * PAGE)
#define ROUNDS	200

static char *map(int fd)
{
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* Each page's first word is its number then; the rest is as it was. */
static void writes_arrive(void)
{
	int fd = memory_file(SIZE, 7), bad = 0;
	uint64_t page[PAGE / 8];
	char *p = map(fd);
	long faults = minor_faults();

	for (size_t i = 0; i < PAGES; i++)
		*(volatile uint64_t *)(p + i * PAGE) = i;
	faults = minor_faults() - faults;
	munmap(p, SIZE);
	for (size_t i = 0; i < PAGES; i++) {
		if (pread(fd, page, PAGE, i * PAGE) != PAGE)
			die("pread");
		bad += page[0] != i;
		for (size_t k = 1; k < PAGE / 8; k++)
			bad += page[k] != mix(7 + i * PAGE / 8 + k);
	}
	check(!bad, "writes to %lu cached pages arrive, and nothing else changes", PAGES);
	if (is_pvhv())
		check(faults < (long)PAGES / 4, "with %ld faults", faults);
	close(fd);
}

/* A write through a mapping changes the time of the file. */
static void writes_date(void)
{
	int fd = memory_file(SIZE, 3);
	struct stat before, after;
	char *p;

	fstat(fd, &before);
	usleep(50000);
	p = map(fd);
	p[5 * PAGE] = 1;
	munmap(p, SIZE);
	fstat(fd, &after);
	check(after.st_mtim.tv_sec > before.st_mtim.tv_sec ||
	      after.st_mtim.tv_nsec != before.st_mtim.tv_nsec, "a write changes the file's time");
	close(fd);
}

static void read_only_stays(void)
{
	int fd = memory_file(SIZE, 9);
	char *p = map(fd), *q;
	pid_t pid;

	mprotect(p, SIZE / 2, PROT_READ);
	p[SIZE / 2] = 1;	/* its neighbours before it are not its own's to map writable */
	pid = fork();
	if (!pid) {
		p[SIZE / 2 - PAGE] = 1;
		_exit(0);
	}
	check(wait_for(pid) == -11, "neighbours that are read-only stay so");
	q = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	memset(q, 0xee, SIZE);
	munmap(q, SIZE);
	p[SIZE / 2] = mix(9 + SIZE / 16);
	check(filled(p, SIZE / 2, 9) == SIZE / 2, "private writes do not arrive");
	munmap(p, SIZE);
	close(fd);
}

/* --- entries taken away while another thread writes through them --- */

static char *volatile shared_at;
static volatile uint64_t written[PAGES];
static volatile int stop;

static void *writer(void *arg)
{
	for (uint64_t n = 1; !stop; n++) {
		size_t i = mix(n) % PAGES;

		*(volatile uint64_t *)(shared_at + i * PAGE) = n;
		written[i] = n;
	}
	return arg;
}

static void taken_away(void)
{
	int fd = memory_file(SIZE, 1), bad = 0;
	pthread_t thread;

	shared_at = map(fd);
	for (size_t i = 0; i < PAGES; i++)
		*(uint64_t *)(shared_at + i * PAGE) = 0;
	pthread_create(&thread, NULL, writer, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		volatile char sum = 0;

		for (size_t k = 0; k < PAGES; k += 16)
			sum += shared_at[k * PAGE];
		madvise(shared_at, SIZE, MADV_DONTNEED);
	}
	stop = 1;
	pthread_join(thread, NULL);
	for (size_t i = 0; i < PAGES; i++) {
		uint64_t word;

		if (pread(fd, &word, 8, i * PAGE) != 8)
			die("pread");
		bad += word != written[i];
	}
	check(!bad, "nothing that is written is lost where entries are taken away %d times", ROUNDS);
	munmap(shared_at, SIZE);
	close(fd);
}

/* Written again after each msync: write-back makes the pages read-only each time. */
static void written_back(void)
{
	int fd = open("/mnt/shared", O_RDWR | O_CREAT | O_TRUNC, 0600), bad = 0;
	char *p, *page = aligned_alloc(PAGE, PAGE);

	if (fd < 0) {
		note("no disk: /mnt/shared cannot be made");
		fd = memory_file(SIZE, 0);
	}
	if (ftruncate(fd, SIZE))
		die("ftruncate");
	p = map(fd);
	for (uint64_t round = 1; round <= 4; round++) {
		for (size_t i = 0; i < 256; i++)
			*(uint64_t *)(p + i * PAGE) = mix(round * 1000 + i);
		if (msync(p, SIZE, MS_SYNC))
			die("msync");
	}
	munmap(p, SIZE);
	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	for (size_t i = 0; i < 256; i++) {
		if (pread(fd, page, PAGE, i * PAGE) != PAGE)
			die("pread");
		bad += *(uint64_t *)page != mix(4000 + i);
	}
	check(!bad, "what was written between write-backs is on the disk");
	close(fd);
	unlink("/mnt/shared");
	free(page);
}

void test_shared(void)
{
	writes_arrive();
	writes_date();
	read_only_stays();
	taken_away();
	written_back();
}
