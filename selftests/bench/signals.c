// SPDX-License-Identifier: GPL-2.0
/* Rows of signals, and of faults that become one. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

static char *page;
static volatile long faults_left;

static void on_signal(int signal)
{
	sink++;
}

static void install(long n)
{
	struct sigaction old, new;

	memset(&new, 0, sizeof(new));
	new.sa_handler = on_signal;
	while (n--)
		sigaction(SIGUSR1, &new, &old);
}

static void deliver(long n)
{
	pid_t self = getpid();

	while (n--)
		kill(self, SIGUSR1);
}

/* The store is tried again after each signal, until the page is writable. */
static void on_fault(int signal)
{
	if (--faults_left <= 0)
		mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void fault(long n)
{
	mprotect(page, 4096, PROT_READ);
	faults_left = n;
	*(volatile char *)page = 1;
}

static void protect(long n)
{
	while (n--) {
		mprotect(page, 4096, PROT_READ);
		mprotect(page, 4096, PROT_READ | PROT_WRITE);
		*(volatile char *)page = 1;
	}
}

void rows_signals(void)
{
	measure("sig_inst", install, 1);
	signal(SIGUSR1, on_signal);
	measure("sig_hndl", deliver, 1);

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		fail("mmap");
	*page = 1;
	signal(SIGSEGV, on_fault);
	measure("prot_fault", fault, 1);
	signal(SIGSEGV, SIG_DFL);
	measure("mprotect_pair", protect, 1);
	munmap(page, 4096);
}
