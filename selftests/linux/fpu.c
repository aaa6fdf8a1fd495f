// SPDX-License-Identifier: GPL-2.0
/* The state of x87, SSE and AVX belongs to one process: across switches, signals, fork. */
#include <cpuid.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests.h"

#define WORKERS	4

static int have_avx(void)
{
	unsigned int a, b, c, d;

	/* OSXSAVE and AVX, and the kernel enabled it. */
	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & (1 << 27 | 1 << 28)) != (1 << 27 | 1 << 28))
		return 0;
	asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	return (a & 6) == 6;
}

#define LOAD(n)  "vmovups 32*" #n "(%0), %%ymm" #n "\n"
#define STORE(n) "vmovups %%ymm" #n ", 32*" #n "(%1)\n"
#define LOAD_SSE(n)  "movups 32*" #n "(%0), %%xmm" #n "\n"
#define STORE_SSE(n) "movups %%xmm" #n ", 32*" #n "(%1)\n"
#define ALL(what) what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7) what(8)	\
	what(9) what(10) what(11) what(12) what(13) what(14) what(15)
#define CLOBBERS "rax", "rcx", "rdx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",	\
	"xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
/* Time in which others run: a loop, a sched_yield, a loop. */
#define PAUSE "mov %2, %%ecx; 1: dec %%ecx; jnz 1b; mov $24, %%eax; syscall\n"			\
	"mov %2, %%ecx; 2: dec %%ecx; jnz 2b\n"

static void through_registers(const void *in, void *out, int avx, int spin)
{
	if (avx)
		asm volatile(ALL(LOAD) PAUSE ALL(STORE) "vzeroupper"
			     : : "r"(in), "r"(out), "r"(spin) : CLOBBERS);
	else
		asm volatile(ALL(LOAD_SSE) PAUSE ALL(STORE_SSE)
			     : : "r"(in), "r"(out), "r"(spin) : CLOBBERS);
}

/* What through_registers() leaves alone stays as it was prepared. */
static int one_round(int avx, uint64_t seed)
{
	static char in[512] __attribute__((aligned(32))), out[512] __attribute__((aligned(32)));
	unsigned int control = 0x1f80 | (seed % 4) << 13, control_out;
	double x87 = seed % 100000 + 0.5, x87_out;

	fill(in, sizeof(in), seed);
	fill(out, sizeof(out), seed);
	if (!avx)
		for (int i = 0; i < 16; i++)
			memset(out + i * 32, 0, 16);
	else
		memset(out, 0, sizeof(out));
	asm volatile("ldmxcsr %0; fninit; fldl %1" : : "m"(control), "m"(x87));
	through_registers(in, out, avx, 20000);
	asm volatile("stmxcsr %0; fstpl %1" : "=m"(control_out), "=m"(x87_out));
	return !memcmp(in, out, sizeof(in)) && (control_out & 0xe040) == (control & 0xe040) &&
	       x87 == x87_out;
}

static int worker(int id, int avx, int rounds)
{
	for (int i = 0; i < rounds; i++)
		if (!one_round(avx, id * 1000003ul + i * 17ul))
			return 1;
	return 0;
}

static volatile int strikes;

static void on_tick(int sig)
{
	static const uint64_t junk[4] = { -1, -2, -3, -4 };

	strikes++;
	asm volatile("movups %0, %%xmm0; movups %0, %%xmm7; movups %0, %%xmm15; fninit; fld1; fldpi"
		     : : "m"(junk) : "xmm0", "xmm7", "xmm15");
}

static void in_signals(int avx)
{
	struct itimerval every = { { 0, 3000 }, { 0, 3000 } }, never = { { 0, 0 }, { 0, 0 } };
	uint64_t end = now_ns() + 10000000000ull;
	int wrong = 0;

	signal(SIGALRM, on_tick);
	setitimer(ITIMER_REAL, &every, NULL);
	for (int i = 0; strikes < 100 && now_ns() < end; i++)
		wrong += !one_round(avx, i);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
	alarm(300);
	check(strikes >= 100 && !wrong, "all registers survive %d handlers that use them", strikes);
}

static void across_fork(void)
{
	uint64_t before[2] = { 0x1111222233334444, 0x5555666677778888 }, after[2] = { 0, 0 };
	long pid;

	asm volatile("movups %2, %%xmm9; mov $57, %%eax; syscall; movups %%xmm9, %1"
		     : "=a"(pid), "=m"(after) : "m"(before) : "rcx", "r11", "memory", "xmm9");
	if (!pid)
		_exit(memcmp(before, after, 16) != 0);
	check(pid > 0 && !wait_for(pid) && !memcmp(before, after, 16), "fork copies the state");
}

void test_fpu(void)
{
	int avx = have_avx(), bad = 0;
	pid_t pid[WORKERS];

	note("AVX: %s", avx ? "yes" : "no");
	for (int i = 0; i < WORKERS; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(worker(i + 1, avx, 400));
	}
	for (int i = 0; i < WORKERS; i++)
		bad += wait_for(pid[i]) != 0;
	check(!bad, "%d processes keep their x87, MXCSR and %s registers", WORKERS, avx ? "YMM" : "XMM");
	in_signals(avx);
	across_fork();
}
