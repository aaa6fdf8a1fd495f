// SPDX-License-Identifier: GPL-2.0
/* FS and GS: bases by system call and by instruction, selectors, per thread. */
#include <asm/prctl.h>
#include <elf.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests.h"

#define THREADS	8

static __thread uint64_t mine = 1;
static int wrong;

static uint64_t read_gs(void)
{
	uint64_t v;

	asm volatile("mov %%gs:0, %0" : "=r"(v));
	return v;
}

static void *thread(void *arg)
{
	uint64_t cell = (uintptr_t)arg * 77, base = 0;

	mine = (uintptr_t)arg;
	syscall(SYS_arch_prctl, ARCH_SET_GS, &cell);
	for (int i = 0; i < 2000; i++) {
		if (i % 4 == 0)
			sched_yield();
		if (mine != (uintptr_t)arg + i || read_gs() != cell)
			__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
		mine++;
		cell += 3;
	}
	syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
	if (base != (uintptr_t)&cell)
		__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void threads(void)
{
	pthread_t t[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, thread, (void *)(i * 100000));
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	check(!wrong && mine == 1, "%d threads keep their own FS and GS", THREADS);
}

static void gs_base(void)
{
	uint64_t cell = 0xfeedbeef, base;
	pid_t pid;

	syscall(SYS_arch_prctl, ARCH_SET_GS, &cell);
	check(read_gs() == cell, "arch_prctl sets the base of GS");
	pid = fork();
	if (!pid)
		_exit(read_gs() != 0xfeedbeef);
	check(!wait_for(pid), "a child inherits it");
	check(syscall(SYS_arch_prctl, ARCH_SET_GS, 0xffff888000000000ul) == -1 &&
	      syscall(SYS_arch_prctl, ARCH_SET_GS, 0x8000000000000000ul) == -1 && read_gs() == cell,
	      "a base outside user space is refused");
	if (!(getauxval(AT_HWCAP2) & 2)) {
		note("no FSGSBASE for user space");
		return;
	}
	asm volatile("wrgsbase %1; rdgsbase %0" : "=r"(base) : "r"((uintptr_t)&cell - 8));
	sched_yield();
	usleep(1000);
	asm volatile("rdgsbase %0" : "=r"(base));
	check(base == (uintptr_t)&cell - 8, "WRGSBASE's base survives switches");
}

static void selectors(void)
{
	unsigned short gs;
	uint64_t base;

	asm volatile("mov %0, %%gs" : : "r"((short)0x2b));
	usleep(1000);
	asm volatile("mov %%gs, %0" : "=r"(gs));
	check(gs == 0x2b, "a GS selector survives switches (%#x)", gs);
	asm volatile("mov %0, %%gs" : : "r"((short)0));
	syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
	check(base == 0, "a null GS selector has base 0 (%#lx)", base);
	syscall(SYS_arch_prctl, ARCH_GET_FS, &base);
	check(base && mine == 1, "FS is unharmed");
}

void test_tls(void)
{
	threads();
	gs_base();
	selectors();
}
