// SPDX-License-Identifier: GPL-2.0
/* Rows of mappings and page faults, on 4 MiB each. */
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define SIZE		(4 << 20)
#define PAGE		4096
#define FAULT_AROUND	65536	/* Linux maps that much of a file around a read fault */

static int file;

static void *map(int prot, int flags, int fd)
{
	void *p = mmap(NULL, SIZE, prot, flags, fd, 0);

	if (p == MAP_FAILED)
		fail("mmap");
	return p;
}

static void touch_read(const char *p, int step)
{
	int i;

	for (i = 0; i < SIZE; i += step)
		sink += *(const volatile char *)(p + i);
}

static void touch_write(char *p)
{
	int i;

	for (i = 0; i < SIZE; i += PAGE)
		*(volatile char *)(p + i) = 1;
}

static void anonymous(long n)
{
	while (n--) {
		char *p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

		madvise(p, SIZE, MADV_NOHUGEPAGE);
		touch_write(p);
		munmap(p, SIZE);
	}
}

static void file_read(long n)
{
	while (n--) {
		char *p = map(PROT_READ, MAP_SHARED, file);

		touch_read(p, PAGE);
		munmap(p, SIZE);
	}
}

static void file_untouched(long n)
{
	while (n--)
		munmap(map(PROT_READ, MAP_SHARED, file), SIZE);
}

static void file_read_around(long n)
{
	while (n--) {
		char *p = map(PROT_READ, MAP_SHARED, file);

		touch_read(p, FAULT_AROUND);
		munmap(p, SIZE);
	}
}

static void file_write(long n)
{
	while (n--) {
		char *p = map(PROT_READ | PROT_WRITE, MAP_SHARED, file);

		touch_write(p);
		munmap(p, SIZE);
	}
}

static void file_copy_on_write(long n)
{
	while (n--) {
		char *p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE, file);

		touch_write(p);
		munmap(p, SIZE);
	}
}

void rows_memory(void)
{
	file = make_file("/dev/shm/mapped", SIZE / 65536);
	measure("mmap4m_anon_4k", anonymous, 1);
	measure("mmap4m_file_rd", file_read, 1);
	measure("mmap4m_notouch", file_untouched, 1);
	measure("pgflt_file_rd16", file_read_around, SIZE / FAULT_AROUND);
	measure("pgflt_file_shwr", file_write, SIZE / PAGE);
	measure("pgflt_cow", file_copy_on_write, SIZE / PAGE);
	close(file);
	unlink("/dev/shm/mapped");
}
