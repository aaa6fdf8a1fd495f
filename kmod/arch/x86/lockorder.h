/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The order in which a core takes its locks, checked each time: a domain's mm_lock, then one core's roots_lock.
 * While a core has a roots_lock it waits for no other core to leave its guest, whose exit may want that lock.
 * Side: core.
 *
 * Who takes a lock out of order panics at once, whether or not another core does so at the same time:
 * two that wait for each other would be found by the watchdog only, and not told apart from any other loop.
 */
#ifndef PVHV_LOCKORDER_H
#define PVHV_LOCKORDER_H

#include <linux/types.h>

/* In the order in which they are taken. */
#define CORE_LOCK_MM	1U
#define CORE_LOCK_ROOTS	2U

/* held: the CORE_LOCK_* that the core has.  False: it has this one, or one that comes behind it. */
static inline bool lockorder_take(u32 *held, u32 lock)
{
	if (*held >= lock)
		return false;
	*held |= lock;
	return true;
}

/* Before this core waits for the lock: panics if it is not its turn. */
void core_locks(u32 lock);
/* After it has left it, or has not got it. */
void core_unlocks(u32 lock);
/* Before this core waits for another one's exit: panics if that may wait for this core. */
void core_waits_for_exit(void);

#endif /* PVHV_LOCKORDER_H */
