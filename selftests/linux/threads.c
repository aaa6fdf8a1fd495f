// SPDX-License-Identifier: GPL-2.0
/* Threads and futexes. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests.h"

#define THREADS	8
#define ROUNDS	5000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static int counter, next_one, sum;

static void *count(void *arg)
{
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* In turns: each thread wakes its successor. */
static void *take_turns(void *arg)
{
	int me = (intptr_t)arg;

	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&lock);
		while (next_one % THREADS != me)
			pthread_cond_wait(&turn, &lock);
		next_one++;
		pthread_cond_broadcast(&turn);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void *add(void *arg)
{
	__atomic_add_fetch(&sum, (intptr_t)arg, __ATOMIC_RELAXED);
	return arg;
}

static void together(void *(*what)(void *))
{
	pthread_t t[THREADS];

	for (intptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, what, (void *)i))
			die("pthread_create");
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

static void futex_times_out(void)
{
	struct timespec t = { 0, 30000000 };
	uint64_t start = now_ns();
	int word = 1, ret;

	ret = syscall(SYS_futex, &word, FUTEX_WAIT, 1, &t, NULL, 0);
	check(ret == -1 && errno == ETIMEDOUT && now_ns() - start >= 30000000,
	      "a futex waits until its time is over");
	ret = syscall(SYS_futex, &word, FUTEX_WAIT, 2, NULL, NULL, 0);
	check(ret == -1 && errno == EAGAIN, "a futex that changed does not wait");
}

void test_threads(void)
{
	void *ret;
	pthread_t t;
	int bad = 0;

	pthread_barrier_init(&barrier, NULL, THREADS);
	together(count);
	check(counter == THREADS * ROUNDS, "%d threads count under a mutex (%d)", THREADS, counter);
	together(take_turns);
	check(next_one == THREADS * 200, "threads wake each other in turn (%d)", next_one);
	for (intptr_t i = 0; i < 200; i++) {
		if (pthread_create(&t, NULL, add, (void *)i) || pthread_join(t, &ret) || ret != (void *)i)
			bad++;
	}
	check(!bad && sum == 199 * 100, "200 threads come and go");
	futex_times_out();
}
