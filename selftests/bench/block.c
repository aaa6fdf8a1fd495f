// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of a block device, past the page cache: sequential reads and writes one
 * at a time, and random reads of 4 KiB with 32 in flight.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "costs.h"

#define BLOCK		4096
#define DEPTH		32
#define CALL_NS		100e6
#define RANDOM_NS	150000000
#define MIN_REQUESTS	8
#define COST_REQUESTS	1000

static int fd;
static char *buffer;
static uint64_t device_size, position;

static double sequential(bool write, size_t size, long n)
{
	uint64_t start = now_ns();
	long i;

	for (i = 0; i < n; i++) {
		ssize_t done = write ? pwrite(fd, buffer, size, position) :
				       pread(fd, buffer, size, position);

		if (done != (ssize_t)size)
			fail("a request to the device");
		position += size;
		if (position + size > device_size)
			position = 0;
	}
	return now_ns() - start;
}

static void row_sequential(bool write, size_t size)
{
	double v[MAX_REPS];
	long n = MIN_REQUESTS;
	char name[32];
	int r;

	snprintf(name, sizeof(name), "blk_%s_%zuk", write ? "wr" : "rd", size / 1024);
	if (!wanted(name))
		return;
	position = 0;
	for (r = 0; r < 3; r++) {
		n = n * CALL_NS / sequential(write, size, n);
		if (n < MIN_REQUESTS)
			n = MIN_REQUESTS;
	}
	for (r = 0; r < opt.reps; r++)
		v[r] = sequential(write, size, n) / 1e3 / n;
	report(name, v, opt.reps, "us", n);
}

static void submit(aio_context_t context, struct iocb *request, int slot)
{
	static uint64_t random = 12345;

	random = random * 6364136223846793005ull + 1;
	memset(request, 0, sizeof(*request));
	request->aio_fildes = fd;
	request->aio_lio_opcode = IOCB_CMD_PREAD;
	request->aio_buf = (uintptr_t)(buffer + slot * BLOCK);
	request->aio_nbytes = BLOCK;
	request->aio_offset = (random >> 20) % (device_size / BLOCK) * BLOCK;
	request->aio_data = slot;
	if (syscall(SYS_io_submit, context, 1, &request) != 1)
		fail("io_submit");
}

/* Waits for at least one request; submits it again while @more. Counts what is done. */
static int complete(aio_context_t context, struct iocb *requests, bool more)
{
	struct io_event events[DEPTH];
	int i, n;

	n = syscall(SYS_io_getevents, context, 1, DEPTH, events, NULL);
	if (n < 0 && errno != EINTR)
		fail("io_getevents");
	for (i = 0; i < n; i++) {
		if (events[i].res != BLOCK)
			fail("a random read");
		if (more)
			submit(context, &requests[events[i].data], events[i].data);
	}
	return n < 0 ? 0 : n;
}

/* Reads for @ns; how many that were in all. *@rate: in a second, without the last ones. */
static long random_reads(aio_context_t context, uint64_t ns, double *rate)
{
	struct iocb requests[DEPTH];
	long done = 0, left = DEPTH;
	uint64_t start = now_ns();
	int i;

	for (i = 0; i < DEPTH; i++)
		submit(context, &requests[i], i);
	while (now_ns() - start < ns)
		done += complete(context, requests, true);
	*rate = done * 1e9 / (now_ns() - start);
	while (left > 0)
		left -= complete(context, requests, false);
	return done + DEPTH;
}

static aio_context_t random_begin(void)
{
	aio_context_t context = 0;
	double rate;

	if (syscall(SYS_io_setup, 2 * DEPTH, &context))
		fail("io_setup");
	random_reads(context, RANDOM_NS, &rate);
	return context;
}

static void row_random(void)
{
	aio_context_t context;
	double v[MAX_REPS];
	int r;

	if (!wanted("blk_rr4k_qd32"))
		return;
	context = random_begin();
	for (r = 0; r < opt.reps; r++)
		random_reads(context, RANDOM_NS, &v[r]);
	syscall(SYS_io_destroy, context);
	report("blk_rr4k_qd32", v, opt.reps, "IOPS", 0);
}

static void open_device(const char *device)
{
	fd = open(device, O_RDWR | O_DIRECT);
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &device_size))
		fail(device);
	if (posix_memalign((void **)&buffer, BLOCK, 1 << 20))
		fail("posix_memalign");
	memset(buffer, 0x5a, 1 << 20);
}

void rows_block(const char *device)
{
	open_device(device);
	row_sequential(false, 4096);
	row_sequential(false, 131072);
	row_sequential(true, 4096);
	row_sequential(true, 131072);
	row_random();
	close(fd);
}

void costs_block(const char *device)
{
	aio_context_t context;
	double rate;
	long n;
	int r;

	open_device(device);
	sequential(false, 4096, COST_REQUESTS);
	for (r = 0; r < opt.reps; r++) {
		COST(COST_READ_4K, COST_REQUESTS, sequential(false, 4096, COST_REQUESTS));
		COST(COST_READ_128K, COST_REQUESTS, sequential(false, 131072, COST_REQUESTS));
		COST(COST_WRITE_128K, COST_REQUESTS, sequential(true, 131072, COST_REQUESTS));
	}
	context = random_begin();
	for (r = 0; r < opt.reps; r++)
		COST(COST_READ_4K_32, n, n = random_reads(context, 5 * RANDOM_NS, &rate));
	syscall(SYS_io_destroy, context);
	close(fd);
}
