// SPDX-License-Identifier: GPL-2.0
/* Files on /mnt, an ext4 on a virtio disk: direct, buffered, by several processes; and the entropy device. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests.h"

#define BLOCK	65536ul
#define BLOCKS	64

static char *block;

static int write_file(const char *path, int flags, uint64_t seed)
{
	int fd = open(path, O_CREAT | O_RDWR | O_TRUNC | flags, 0600), bad = fd < 0;

	for (int i = 0; i < BLOCKS && !bad; i++) {
		/* Not in order. */
		int n = (i * 37) % BLOCKS;

		fill(block, BLOCK, seed + n * 100000);
		bad = pwrite(fd, block, BLOCK, n * BLOCK) != BLOCK;
	}
	bad |= fsync(fd);
	close(fd);
	return bad;
}

static int read_file(const char *path, int flags, uint64_t seed)
{
	int fd = open(path, O_RDONLY | flags), bad = fd < 0;

	for (int i = 0; i < BLOCKS && !bad; i++) {
		int n = (i * 11) % BLOCKS;

		memset(block, 0, BLOCK);
		bad = pread(fd, block, BLOCK, n * BLOCK) != BLOCK ||
		      filled(block, BLOCK, seed + n * 100000) != BLOCK;
	}
	close(fd);
	return bad;
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	sync();
	if (fd < 0 || write(fd, "3", 1) != 1)
		die("drop_caches");
	close(fd);
}

static void parallel(void)
{
	pid_t pid[4];
	char path[32];
	int bad = 0;

	for (int i = 0; i < 4; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		snprintf(path, sizeof(path), "/mnt/par%d", i);
		bad = write_file(path, i % 2 ? O_DIRECT : 0, 1000 + i);
		bad |= read_file(path, O_DIRECT, 1000 + i);
		_exit(bad);
	}
	for (int i = 0; i < 4; i++)
		bad += wait_for(pid[i]) != 0;
	drop_caches();
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/mnt/par%d", i);
		bad += read_file(path, 0, 1000 + i);
	}
	check(!bad, "4 processes write 4 MiB each at the same time");
}

static void mapped(void)
{
	int fd = open("/mnt/direct", O_RDWR);
	char *p = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	check(p != MAP_FAILED && filled(p, BLOCK, 1) == BLOCK, "a mapping of a file shows it");
	fill(p, BLOCK, 55);
	check(!msync(p, BLOCK, MS_SYNC), "msync");
	munmap(p, BLOCK);
	close(fd);
	drop_caches();
	fd = open("/mnt/direct", O_RDONLY | O_DIRECT);
	check(read(fd, block, BLOCK) == BLOCK && filled(block, BLOCK, 55) == BLOCK,
	      "what was written to it is on the disk");
	close(fd);
}

int disk_file(const char *path, uint64_t seed)
{
	if (!block)
		block = aligned_alloc(4096, BLOCK);
	return write_file(path, O_DIRECT, seed) || read_file(path, O_DIRECT, seed);
}

void test_disk(void)
{
	block = aligned_alloc(4096, BLOCK);
	check(!write_file("/mnt/direct", O_DIRECT, 1), "direct writes");
	check(!read_file("/mnt/direct", O_DIRECT, 1), "direct reads give the same");
	check(!write_file("/mnt/buffered", 0, 2), "buffered writes and fsync");
	drop_caches();
	check(!read_file("/mnt/buffered", 0, 2), "read anew from the disk");
	check(!read_file("/mnt/buffered", O_DIRECT, 2), "and directly");
	parallel();
	mapped();
}

void test_rng(void)
{
	unsigned char a[512], b[512];
	int fd = open("/dev/hwrng", O_RDONLY), seen[256] = { 0 }, values = 0;

	if (!check(fd >= 0, "/dev/hwrng is there (%s)", strerror(fd < 0 ? errno : 0)))
		return;
	for (size_t got = 0; got < sizeof(a);) {
		ssize_t n = read(fd, a + got, sizeof(a) - got);

		if (n <= 0)
			die("hwrng");
		got += n;
	}
	check(read(fd, b, 64) > 0 && memcmp(a, b, 16), "it gives something else each time");
	for (size_t i = 0; i < sizeof(a); i++)
		values += !seen[a[i]]++;
	/* Of 256 values about 221 are seen in 512 random bytes. */
	check(values > 180, "%d of 256 values in 512 bytes", values);
	close(fd);
}
