// SPDX-License-Identifier: GPL-2.0
/*
 * The lock under which all of kmod/mm runs.
 */
#include <pthread.h>
#include <unistd.h>
#include "corelock.h"
#include "tests.h"

#define WAITERS	4

static struct corelock lock;
static u32 order[WAITERS], nr;

static void *waiter(void *arg)
{
	corelock_lock(&lock);
	order[nr++] = (unsigned long)arg;
	corelock_unlock(&lock);
	return NULL;
}

/* Waits until n have asked for the lock; a second is enough for a thread to start. */
static int asked(u32 n)
{
	int i;

	for (i = 0; i < 10000 && __atomic_load_n(&lock.next, __ATOMIC_ACQUIRE) != n; i++)
		usleep(100);
	return __atomic_load_n(&lock.next, __ATOMIC_ACQUIRE) == n;
}

/* Each gets it in the order in which they asked, so nobody waits for more than those before it. */
void test_lock_order(void)
{
	pthread_t thread[WAITERS];
	unsigned long i;

	corelock_lock(&lock);
	for (i = 0; i < WAITERS; i++) {
		pthread_create(&thread[i], NULL, waiter, (void *)i);
		CHECK(asked(lock.owner + 2 + i));
	}
	CHECK(!corelock_trylock(&lock));
	corelock_unlock(&lock);
	for (i = 0; i < WAITERS; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < WAITERS; i++)
		CHECK_EQ(order[i], i);
	CHECK(corelock_trylock(&lock));
	corelock_unlock(&lock);
}
