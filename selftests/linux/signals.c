// SPDX-License-Identifier: GPL-2.0
/* Signals: delivery, nesting, queued values, arrival at any instruction, other stacks. */
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests.h"

static volatile int got, value, depth, deepest, order[4], orders;
static char other_stack[64 << 10];

static void install(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &sa, NULL);
}

static void on_value(int sig, siginfo_t *info, void *context)
{
	got++;
	value = info->si_value.sival_int;
}

static void on_inner(int sig, siginfo_t *info, void *context)
{
	if (++depth > deepest)
		deepest = depth;
	order[orders++] = sig;
	depth--;
}

static void on_outer(int sig, siginfo_t *info, void *context)
{
	depth++;
	raise(SIGUSR2);
	order[orders++] = sig;
	depth--;
}

static void delivery(void)
{
	union sigval v = { .sival_int = 0x5a5a1234 };
	sigset_t set, pending;

	install(SIGUSR1, on_value, 0);
	sigqueue(getpid(), SIGUSR1, v);
	check(got == 1 && value == 0x5a5a1234, "a signal arrives with its value");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	sigpending(&pending);
	check(got == 1 && sigismember(&pending, SIGUSR1), "a blocked signal waits");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	check(got == 2, "and arrives when it is let in");
}

static void nesting(void)
{
	install(SIGUSR1, on_outer, 0);
	install(SIGUSR2, on_inner, 0);
	raise(SIGUSR1);
	check(deepest == 2 && orders == 2 && order[0] == SIGUSR2 && order[1] == SIGUSR1,
	      "a handler is interrupted by another signal and goes on");
}

static void many(void)
{
	uint64_t start = now_ns();

	got = 0;
	install(SIGUSR1, on_value, 0);
	for (int i = 0; i < 20000; i++)
		kill(getpid(), SIGUSR1);
	check(got == 20000, "20000 signals arrive (%d; %d ns each)", got,
	      (int)((now_ns() - start) / 20000));
}

static uint64_t __attribute__((noipa)) compute(uint64_t rounds)
{
	uint64_t a = 1, b = 2, c = 3, d = 4, e = 5;

	while (rounds--) {
		a = a * 6364136223846793005ull + b;
		b ^= a >> 7;
		c += b ^ (d << 3);
		d = (d >> 5) | (e << 59);
		e += a + c;
	}
	return a ^ b ^ c ^ d ^ e;
}

/* The timer interrupts a computation at all its instructions. */
static void interrupted_computation(void)
{
	struct itimerval every = { { 0, 2000 }, { 0, 2000 } }, never = { { 0, 0 }, { 0, 0 } };
	uint64_t expected = compute(50000);
	int wrong = 0, rounds = 0;
	uint64_t end = now_ns() + 10000000000ull;

	got = 0;
	install(SIGALRM, on_value, 0);
	setitimer(ITIMER_REAL, &every, NULL);
	while (got < 200 && now_ns() < end) {
		wrong += compute(50000) != expected;
		rounds++;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
	alarm(300);
	check(got >= 200 && !wrong, "a computation is right under %d timer signals (%d of %d rounds wrong)",
	      got, wrong, rounds);
}

static sigjmp_buf back;
static volatile uintptr_t handler_sp;

static void on_overflow(int sig, siginfo_t *info, void *context)
{
	handler_sp = (uintptr_t)__builtin_frame_address(0);
	siglongjmp(back, 1);
}

static int __attribute__((noinline)) recurse(volatile int n)
{
	volatile char room[4096];

	room[n & 4095] = n;
	return n < 0 ? 0 : recurse(n + 1) + room[n & 4095];
}

static void stack_overflow(void)
{
	stack_t st = { .ss_sp = other_stack, .ss_size = sizeof(other_stack) };

	sigaltstack(&st, NULL);
	install(SIGSEGV, on_overflow, SA_ONSTACK);
	if (!sigsetjmp(back, 1))
		recurse(1);
	check(handler_sp > (uintptr_t)other_stack &&
	      handler_sp < (uintptr_t)other_stack + sizeof(other_stack),
	      "a stack overflow is handled on the other stack");
	signal(SIGSEGV, SIG_DFL);
}

void test_signals(void)
{
	delivery();
	nesting();
	many();
	interrupted_computation();
	stack_overflow();
}
