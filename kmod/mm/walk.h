/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Software walk of a guest's page tables.
 * Side: core.  Every step checks owner, level and validity of the table, so it
 * is safe without a lock; what it found is stable only under the domain's mm_lock.
 */
#ifndef PVHV_MM_WALK_H
#define PVHV_MM_WALK_H

#include "domain.h"

/* The L1 entry for va below that root. */
struct walk {
	u64	*entry;
	u64	rights;		/* PTE_RW and PTE_US as the levels above grant them */
};
int walk_find_l1(const struct domain *d, mfn_t root, u64 va, struct walk *w);

#endif /* PVHV_MM_WALK_H */
