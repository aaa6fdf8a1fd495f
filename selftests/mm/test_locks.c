// SPDX-License-Identifier: GPL-2.0
/*
 * Locks of cores that die: a thread is a core, and is down when hv.up has its name no more.
 */
#include <unistd.h>
#include "tests.h"
#include "arch/x86/lockorder.h"
#include "mm/lock.h"

#define NR	8

static struct corelock lock;
static int order[NR], nr_got;

struct waiter {
	pthread_t thread;
	u32 index;
	bool robust, got;
};

static void core_come_up(u32 index)
{
	__atomic_store_n(&hv.up[index], HV_MAX_CORES + index, __ATOMIC_RELEASE);
}

static void core_die(u32 index)
{
	__atomic_store_n(&hv.up[index], 0, __ATOMIC_RELEASE);
}

static void *wait_for_lock(void *arg)
{
	struct waiter *w = arg;

	fake_name = HV_MAX_CORES + w->index;
	if (w->robust)
		corelock_lock_robust(&lock);
	w->got = w->robust || corelock_lock(&lock);
	if (!w->got)
		return NULL;
	order[nr_got++] = w->index;
	corelock_unlock(&lock);
	return NULL;
}

/* All of them are in the queue, in this order, behind the one that has the lock. */
static void queue_up(struct waiter *w, bool robust)
{
	u32 i, first = lock.next;

	nr_got = 0;
	for (i = 1; i < NR; i++) {
		core_come_up(i);
		w[i] = (struct waiter){ .index = i, .robust = robust };
		pthread_create(&w[i].thread, NULL, wait_for_lock, &w[i]);
		while (__atomic_load_n(&lock.next, __ATOMIC_RELAXED) != first + i)
			sched_yield();
	}
}

/* A core that is in the queue and dies there: nobody runs it. */
static void queue_dead(u32 index)
{
	u32 t = lock.next++;

	lock.name[t % CORELOCK_NAMES] = (u64)t << 32 | (HV_MAX_CORES + index);
	core_die(index);
}

/* The one that has it dies: the others get it one by one, as they came; so they do when one dies in the queue. */
void test_lock_robust(void)
{
	struct waiter w[NR];
	u32 i;

	memset(&lock, 0, sizeof(lock));
	core_come_up(0);
	corelock_lock_robust(&lock);
	queue_up(w, true);
	CHECK_EQ(nr_got, 0);
	core_die(0);
	for (i = 1; i < NR; i++)
		pthread_join(w[i].thread, NULL);
	CHECK_EQ(nr_got, NR - 1);
	for (i = 1; i < NR; i++)
		CHECK_EQ(order[i - 1], i);
	queue_dead(3);
	queue_dead(5);
	/* this thread is another core from now on */
	fake_name = HV_MAX_CORES + 1;
	fake_locks = 0;
	corelock_lock_robust(&lock);
	corelock_unlock(&lock);
	/* nobody is left behind */
	CHECK_EQ(corelock_trylock(&lock), 1);
	corelock_unlock(&lock);
	fake_name = HV_MAX_CORES;
	core_come_up(0);
}

/* A lock that is not: all that wait give up, and all that come later; the host does not get it either. */
void test_lock_dead(void)
{
	struct domain *d = fake_started(1, 128, 1);
	struct waiter w[NR];
	u32 i;

	memset(&lock, 0, sizeof(lock));
	core_come_up(0);
	CHECK(corelock_lock(&lock));
	queue_up(w, false);
	CHECK_EQ(nr_got, 0);
	core_die(0);
	for (i = 1; i < NR; i++) {
		pthread_join(w[i].thread, NULL);
		CHECK(!w[i].got);
	}
	core_come_up(0);
	/* more than there is room for names */
	for (i = 0; i < 2 * CORELOCK_NAMES; i++)
		CHECK(!corelock_lock(&lock));
	CHECK_EQ(corelock_trylock(&lock), 0);
	/* a domain's: it is killed with a reason, and each call fails with nothing changed */
	CHECK(mm_lock(d));
	core_die(0);
	/* this thread is another core from now on */
	fake_name = HV_MAX_CORES + 1;
	fake_locks = 0;
	CHECK_EQ(mm_pin(d->vcpu[0], fake_mfn(d, FAKE_FREE_GFN)), -EIO);
	CHECK_EQ(d->reason, PVHV_END_CORE_LOST);
	CHECK_EQ(fake_set(d->vcpu[0], 3, FAKE_FREE_GFN, 0), -EIO);
	CHECK_EQ(mm_teardown(d), -EIO);
	CHECK_EQ(audit_domain(d), -EIO);
	fake_name = HV_MAX_CORES;
	core_come_up(0);
	/* as if it had not happened */
	memset(&d->mm_lock, 0, sizeof(d->mm_lock));
	CHECK_EQ(fake_audit(d), 0);
	fake_free(d);
}

/* A core that has the lock and lives is waited for; so is who took it without a name, as the host does. */
void test_lock_alive(void)
{
	struct waiter w[NR];
	u32 i, host;

	for (host = 0; host < 2; host++) {
		memset(&lock, 0, sizeof(lock));
		core_come_up(0);
		/* the ticket that had the place of this one's name was core 0's */
		for (i = 0; i < CORELOCK_NAMES; i++) {
			CHECK(corelock_lock(&lock));
			corelock_unlock(&lock);
		}
		if (host)
			CHECK_EQ(corelock_trylock(&lock), 1);
		else
			CHECK(corelock_lock(&lock));
		queue_up(w, false);
		if (host)
			core_die(0);
		for (i = 0; i < 20000; i++)
			sched_yield();
		CHECK_EQ(nr_got, 0);
		corelock_unlock(&lock);
		for (i = 1; i < NR; i++)
			pthread_join(w[i].thread, NULL);
		CHECK_EQ(nr_got, NR - 1);
		core_come_up(0);
	}
}

static void *wait_in_order(void *arg)
{
	if (!corelock_lock(&lock))
		return NULL;
	order[nr_got++] = (unsigned long)arg;
	corelock_unlock(&lock);
	return NULL;
}

/* Waits until n have asked for the lock; a second is enough for a thread to start. */
static int asked_for(u32 n)
{
	int i;

	for (i = 0; i < 10000 && __atomic_load_n(&lock.next, __ATOMIC_ACQUIRE) != n; i++)
		usleep(100);
	return __atomic_load_n(&lock.next, __ATOMIC_ACQUIRE) == n;
}

/* Each gets it in the order in which they asked, so nobody waits for more than those before it. */
void test_lock_order(void)
{
	pthread_t thread[NR];
	unsigned long i;

	nr_got = 0;
	CHECK(corelock_lock(&lock));
	for (i = 0; i < NR; i++) {
		pthread_create(&thread[i], NULL, wait_in_order, (void *)i);
		CHECK(asked_for(lock.owner + 2 + i));
	}
	CHECK(!corelock_trylock(&lock));
	corelock_unlock(&lock);
	for (i = 0; i < NR; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < NR; i++)
		CHECK_EQ(order[i], i);
	CHECK(corelock_trylock(&lock));
	corelock_unlock(&lock);
}

/* In the order of their declaration, each once. */
void test_lock_ranks(void)
{
	u32 held = 0;

	CHECK_EQ(lockorder_take(&held, CORE_LOCK_MM), true);
	CHECK_EQ(lockorder_take(&held, CORE_LOCK_MM), false);
	CHECK_EQ(lockorder_take(&held, CORE_LOCK_ROOTS), true);
	CHECK_EQ(lockorder_take(&held, CORE_LOCK_ROOTS), false);
	CHECK_EQ(held, CORE_LOCK_MM | CORE_LOCK_ROOTS);
	held = CORE_LOCK_ROOTS;
	CHECK_EQ(lockorder_take(&held, CORE_LOCK_MM), false);
	CHECK_EQ(held, CORE_LOCK_ROOTS);
}
