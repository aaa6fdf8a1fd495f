// SPDX-License-Identifier: GPL-2.0
/* Address spaces: random map operations of several processes, each byte known. */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests.h"

#define SLOTS	32
#define ROUNDS	1500
#define PAGE	4096ul

struct slot {
	char *at;
	size_t pages;
	uint64_t seed;	/* 0: reads as zeros */
	int writable;
};

static struct slot slots[SLOTS];
static uint64_t state;
static const char *trouble;

static unsigned int pick(unsigned int below)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 33) % below;
}

static size_t holds(const struct slot *s)
{
	static const char zeros[PAGE];

	if (s->seed)
		return filled(s->at, s->pages * PAGE, s->seed);
	for (size_t i = 0; i < s->pages; i++)
		if (memcmp(s->at + i * PAGE, zeros, PAGE))
			return i * PAGE;
	return s->pages * PAGE;
}

static void verify(const struct slot *s, const char *what)
{
	if (s->at && holds(s) != s->pages * PAGE && !trouble)
		trouble = what;
}

static void map(struct slot *s)
{
	s->pages = 1 + pick(24);
	s->at = mmap(NULL, s->pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->at == MAP_FAILED)
		die("mmap");
	s->seed = 0;
	s->writable = 1;
}

static void write_slot(struct slot *s)
{
	if (!s->writable)
		return;
	s->seed = state | 1;
	fill(s->at, s->pages * PAGE, s->seed);
}

static void move(struct slot *s)
{
	char *to = mremap(s->at, s->pages * PAGE, s->pages * PAGE, MREMAP_MAYMOVE);

	if (to == MAP_FAILED)
		die("mremap");
	/* To a place of its own, so that page tables really move. */
	to = mmap(NULL, s->pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mremap(s->at, s->pages * PAGE, s->pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		die("mremap to a place");
	s->at = to;
}

static void shrink(struct slot *s)
{
	if (s->pages < 2)
		return;
	munmap(s->at + (s->pages - 1) * PAGE, PAGE);
	s->pages--;
}

static void forget(struct slot *s)
{
	if (madvise(s->at, s->pages * PAGE, MADV_DONTNEED))
		die("madvise");
	s->seed = 0;
}

static void protect(struct slot *s)
{
	s->writable = !s->writable;
	if (mprotect(s->at, s->pages * PAGE, s->writable ? PROT_READ | PROT_WRITE : PROT_READ))
		die("mprotect");
}

/* A child that changes all it has; the parent must not see it. */
static void copy_on_write(void)
{
	pid_t pid = fork();

	if (!pid) {
		for (int i = 0; i < SLOTS; i++) {
			verify(&slots[i], "a child's copy");
			if (slots[i].at && slots[i].writable)
				memset(slots[i].at, 0xee, slots[i].pages * PAGE);
		}
		_exit(trouble != NULL);
	}
	/* At the same time the parent writes, too. */
	for (int i = 0; i < SLOTS; i += 3)
		if (slots[i].at)
			write_slot(&slots[i]);
	if (wait_for(pid) && !trouble)
		trouble = "what a child sees";
}

static void one_operation(void)
{
	struct slot *s = &slots[pick(SLOTS)];

	if (!s->at) {
		map(s);
		return;
	}
	verify(s, "a slot");
	switch (pick(8)) {
	case 0:
		munmap(s->at, s->pages * PAGE);
		s->at = NULL;
		break;
	case 1:
	case 2:
		write_slot(s);
		break;
	case 3:
		move(s);
		break;
	case 4:
		shrink(s);
		break;
	case 5:
		forget(s);
		break;
	default:
		protect(s);
	}
}

static int stress(uint64_t seed)
{
	state = seed;
	for (int i = 0; i < ROUNDS && !trouble; i++) {
		one_operation();
		if (i % 100 == 50)
			copy_on_write();
	}
	for (int i = 0; i < SLOTS; i++)
		verify(&slots[i], "a slot at the end");
	if (trouble)
		note("process %d: %s is wrong", getpid(), trouble);
	return trouble != NULL;
}

static sigjmp_buf back;
static volatile int strikes;

static void on_fault(int sig)
{
	strikes++;
	siglongjmp(back, 1);
}

/* A protection counts from the moment on that mprotect returns: no stale translation. */
static void protections(void)
{
	volatile char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile int slipped = 0;

	signal(SIGSEGV, on_fault);
	for (volatile int i = 0; i < 500; i++) {
		mprotect((void *)p, PAGE, PROT_READ | PROT_WRITE);
		*p = 1;
		mprotect((void *)p, PAGE, PROT_READ);
		if (!sigsetjmp(back, 1)) {
			*p = 2;
			slipped++;
		}
	}
	signal(SIGSEGV, SIG_DFL);
	check(strikes == 500 && !slipped && *p == 1, "500 protections hold at once (%d faults, %d writes)", strikes, slipped);
}

static void shared(void)
{
	size_t size = 64 * PAGE;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();

	if (!pid) {
		fill(p, size, 99);
		_exit(0);
	}
	wait_for(pid);
	check(filled(p, size, 99) == size, "shared memory is shared");
	munmap(p, size);
}

static void files(void)
{
	int fd = memfd_create("file", 0);
	size_t size = 32 * PAGE;
	char *shared, *private;

	if (fd < 0 || ftruncate(fd, size))
		die("memfd");
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	fill(shared, size, 5);
	check(filled(private, size, 5) == size, "a private mapping shows the file");
	fill(private, size, 6);
	check(filled(shared, size, 5) == size && filled(private, size, 6) == size,
	      "a write to it does not reach the file");
	close(fd);
}

void test_memory(void)
{
	pid_t pid[3];
	int bad = 0;

	for (int i = 0; i < 3; i++) {
		pid[i] = fork();
		if (!pid[i])
			exit(stress(i * 1234567 + 89));
	}
	for (int i = 0; i < 3; i++)
		bad += wait_for(pid[i]) != 0;
	check(!bad, "3 processes, %d operations each: all memory is as written", ROUNDS);
	protections();
	shared();
	files();
}
