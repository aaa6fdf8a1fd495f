// SPDX-License-Identifier: GPL-2.0
/* Orders of threads, see steps.h: each run takes the choices of the last one, but for the last that has another. */
#include <ucontext.h>
#include "fake.h"

#define MAX_THREADS	4
#define MAX_CHOICES	4096
#define MAX_WAITS	1000
#define STACK_BYTES	(256 << 10)

static struct {
	ucontext_t context;
	steps_fn run;
	int done;
} threads[MAX_THREADS];
static char stacks[MAX_THREADS][STACK_BYTES] __attribute__((aligned(64)));
static ucontext_t out;
static unsigned int nr_threads, current, left, waits;
static int running;

/* The choices of this run: which of how many. */
static unsigned char choice[MAX_CHOICES], choices[MAX_CHOICES];
static unsigned int depth, known;

static unsigned int choose(unsigned int n)
{
	if (n <= 1)
		return 0;
	if (depth == MAX_CHOICES) {
		CHECK(0, "the threads come to no end");
		return 0;
	}
	if (depth == known)
		choice[known++] = 0;
	choices[depth] = n;
	return choice[depth++];
}

/* The next order; 0: there is none. */
static int next_order(void)
{
	while (known && choice[known - 1] + 1 == choices[known - 1])
		known--;
	if (!known)
		return 0;
	choice[known - 1]++;
	return 1;
}

static void go_to(unsigned int next)
{
	unsigned int from = current;

	if (next == from)
		return;
	current = next;
	swapcontext(&threads[from].context, &threads[next].context);
}

/* The n-th thread that could go on in place of the current one. */
static unsigned int other(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < nr_threads; i++)
		if (i != current && !threads[i].done && !n--)
			return i;
	return current;
}

static unsigned int nr_others(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr_threads; i++)
		n += i != current && !threads[i].done;
	return n;
}

void steps_here(void)
{
	unsigned int n;

	if (!running || !left)
		return;
	n = choose(1 + nr_others());
	if (!n)
		return;
	left--;
	go_to(other(n - 1));
}

/* In turn, so that all get on. */
void steps_wait(void)
{
	unsigned int next = current;

	CHECK(++waits < MAX_WAITS, "the threads wait for each other");
	do {
		next = (next + 1) % nr_threads;
	} while (threads[next].done);
	go_to(next);
}

static void thread_main(void)
{
	threads[current].run();
	threads[current].done = 1;
	if (!nr_others())
		setcontext(&out);
	go_to(other(choose(nr_others())));
}

static void make_threads(void)
{
	volatile unsigned int i;	/* getcontext may return twice, for all the compiler knows */

	for (i = 0; i < nr_threads; i++) {
		getcontext(&threads[i].context);
		threads[i].context.uc_stack.ss_sp = stacks[i];
		threads[i].context.uc_stack.ss_size = STACK_BYTES;
		threads[i].context.uc_link = NULL;
		makecontext(&threads[i].context, thread_main, 0);
		threads[i].done = 0;
	}
}

static void run_threads(void)
{
	depth = 0;
	waits = 0;
	current = choose(nr_threads);
	running = 1;
	swapcontext(&out, &threads[current].context);
	running = 0;
}

unsigned long steps_all(steps_fn setup, const steps_fn *fns, unsigned int nr, unsigned int preemptions,
			steps_fn check)
{
	unsigned long orders = 0;
	unsigned int i;

	nr_threads = nr;
	known = 0;
	for (i = 0; i < nr; i++)
		threads[i].run = fns[i];
	do {
		setup();
		left = preemptions;
		make_threads();
		run_threads();
		check();
		orders++;
	} while (!fake_failed && next_order());
	return orders;
}
