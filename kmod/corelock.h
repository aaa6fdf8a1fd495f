/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A ticket lock that both sides may take: no Linux lock is usable on a core.
 * Side: both.  The host only tries, with interrupts off, for short sections.
 * Lock order: a domain's mm_lock, then one core's roots_lock; arch/x86/lockorder.h checks it.
 *
 * A core may die with a lock, or in the queue for it: of a machine check, by core_panic(), by the
 * watchdog's INIT. So a ticket names its core, and who waits looks whether the core that has the turn
 * is down. What a lock guards may then be half done (corelock_lock: all waiters give up, for good), or be
 * sound between any two stores (corelock_lock_robust: the turn passes on).
 * A waiter's heartbeat goes on while a core has the turn: it is that core the watchdog is to find. It does not
 * while the turn has no name, that is between two instructions of its core, or the host's.
 */
#ifndef PVHV_CORELOCK_H
#define PVHV_CORELOCK_H

#include <linux/types.h>

#ifndef CORELOCK_RELAX	/* a test program yields its processor */
#define CORELOCK_RELAX()	({ asm volatile("pause"); })
#endif

#define CORELOCK_NAMES	128	/* more than tickets can be out at a time: one for each core and the host */
#define CORELOCK_LOOK	256	/* turns of a wait between two looks at who has the turn */

struct corelock {
	u32 next;
	u32 owner;
	u32 dead;			/* given up */
	u32 pad;
	u64 name[CORELOCK_NAMES];	/* ticket << 32 | its core's name, at ticket % CORELOCK_NAMES */
};

/* On a core: its name (pcore.name), and one look at another core that it waits for: is that one down? */
u32 core_name(void);
bool core_waits_in_vain(u32 name);

static inline bool corelock_turn_is_dead(const struct corelock *l, u32 turn)
{
	u64 name = __atomic_load_n(&l->name[turn % CORELOCK_NAMES], __ATOMIC_ACQUIRE);

	return name >> 32 == turn && (u32)name && core_waits_in_vain(name);
}

/* False: the lock is given up. */
static inline bool corelock_wait(struct corelock *l, u32 ticket, bool robust)
{
	u32 turn, n = 0;

	/* pairs with the release in corelock_unlock */
	while ((turn = __atomic_load_n(&l->owner, __ATOMIC_ACQUIRE)) != ticket) {
		CORELOCK_RELAX();
		if (++n % CORELOCK_LOOK)
			continue;
		if (__atomic_load_n(&l->dead, __ATOMIC_RELAXED))
			return false;
		if (!corelock_turn_is_dead(l, turn))
			continue;
		if (!robust) {
			__atomic_store_n(&l->dead, 1, __ATOMIC_RELAXED);
			return false;
		}
		__atomic_compare_exchange_n(&l->owner, &turn, turn + 1, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	}
	return true;
}

static inline bool corelock_take(struct corelock *l, bool robust)
{
	u32 t = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	__atomic_store_n(&l->name[t % CORELOCK_NAMES], (u64)t << 32 | core_name(),
			 __ATOMIC_RELEASE);
	return corelock_wait(l, t, robust);
}

/* On a core.  False: a core died with it, or waiting for it; nobody gets it any more. */
static inline __attribute__((__warn_unused_result__)) bool corelock_lock(struct corelock *l)
{
	return corelock_take(l, false);
}

/* On a core.  Whoever had it may have died in the midst of it. */
static inline void corelock_lock_robust(struct corelock *l)
{
	corelock_take(l, true);
}

static inline int corelock_trylock(struct corelock *l)
{
	u32 t = __atomic_load_n(&l->owner, __ATOMIC_ACQUIRE);

	return __atomic_compare_exchange_n(&l->next, &t, t + 1, 0,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void corelock_unlock(struct corelock *l)
{
	u32 turn = __atomic_load_n(&l->owner, __ATOMIC_RELAXED);

	__atomic_store_n(&l->owner, turn + 1, __ATOMIC_RELEASE);
}

#endif /* PVHV_CORELOCK_H */
