/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A ticket lock that both sides may take: no Linux lock is usable on a core.
 * Side: both.  On the host: with preemption off, for short sections only.
 * Lock order: domain mm_lock; no lock is taken inside it.
 */
#ifndef PVHV_CORELOCK_H
#define PVHV_CORELOCK_H

#include <linux/types.h>

#ifndef CORELOCK_RELAX	/* a test program yields its processor */
#define CORELOCK_RELAX()	({ asm volatile("pause"); })
#endif

struct corelock {
	u32 next;
	u32 owner;
};

static inline void corelock_lock(struct corelock *l)
{
	u32 t = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	/* pairs with the release in corelock_unlock */
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != t)
		CORELOCK_RELAX();
}

static inline int corelock_trylock(struct corelock *l)
{
	u32 t = __atomic_load_n(&l->owner, __ATOMIC_ACQUIRE);

	return __atomic_compare_exchange_n(&l->next, &t, t + 1, 0,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void corelock_unlock(struct corelock *l)
{
	__atomic_store_n(&l->owner, l->owner + 1, __ATOMIC_RELEASE);
}

#endif /* PVHV_CORELOCK_H */
