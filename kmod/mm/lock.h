/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A domain's mm_lock, on a core.
 * Side: core.
 */
#ifndef PVHV_MM_LOCK_H
#define PVHV_MM_LOCK_H

#include "domain.h"

/* False: a core died with it.  The domain is killed; the caller does nothing, its answer is -EIO. */
bool mm_lock(struct domain *d) __attribute__((__warn_unused_result__));
void mm_unlock(struct domain *d);

#endif /* PVHV_MM_LOCK_H */
