/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads of a test that take turns at each atomic operation of kmod/sched, in all orders with so
 * many preemptions at most. Included before everything else (Makefile): the operations are the compiler's own
 * with a place to stop at before each. Between two of them a thread is alone.
 */
#ifndef SELFTESTS_SCHED_STEPS_H
#define SELFTESTS_SCHED_STEPS_H

typedef void (*steps_fn)(void);

/*
 * Runs setup, the threads, check; again and again, until all orders were tried or a test has failed.
 * Returns the number of orders.
 */
unsigned long steps_all(steps_fn setup, const steps_fn *threads, unsigned int nr, unsigned int preemptions,
			steps_fn check);
/* The thread has to wait for what others do: it goes on after one of them did something. */
void steps_wait(void);
void steps_here(void);

#define __atomic_load_n(p, o)		({ steps_here(); __atomic_load_n(p, o); })
#define __atomic_store_n(p, v, o)	({ steps_here(); __atomic_store_n(p, v, o); })
#define __atomic_exchange_n(p, v, o)	({ steps_here(); __atomic_exchange_n(p, v, o); })
#define __atomic_fetch_or(p, v, o)	({ steps_here(); __atomic_fetch_or(p, v, o); })
#define __atomic_fetch_and(p, v, o)	({ steps_here(); __atomic_fetch_and(p, v, o); })
#define __atomic_fetch_add(p, v, o)	({ steps_here(); __atomic_fetch_add(p, v, o); })
#define __atomic_fetch_sub(p, v, o)	({ steps_here(); __atomic_fetch_sub(p, v, o); })
#define __atomic_compare_exchange_n(p, old, v, weak, o, f) \
	({ steps_here(); __atomic_compare_exchange_n(p, old, v, weak, o, f); })

#endif
