// SPDX-License-Identifier: GPL-2.0
/*
 * A domain's mm_lock: see lock.h.
 * Side: core.
 */
#include "mm/lock.h"
#include "arch/x86/lockorder.h"
#include "arch/x86/log.h"

bool mm_lock(struct domain *d)
{
	core_locks(CORE_LOCK_MM);
	if (corelock_lock(&d->mm_lock))
		return true;
	core_unlocks(CORE_LOCK_MM);
	domain_kill(d, PVHV_END_CORE_LOST, "a core stopped in the midst of its page tables");
	return false;
}

void mm_unlock(struct domain *d)
{
	corelock_unlock(&d->mm_lock);
	core_unlocks(CORE_LOCK_MM);
}
