/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's own direct-map entry of a frame: read-only while the frame is a page table.
 * Side: core.  Under the domain's mm_lock.
 */
#ifndef PVHV_MM_ALIAS_H
#define PVHV_MM_ALIAS_H

#include "domain.h"

/* The present L1 entry that maps frame m in the direct map below root, or NULL. */
u64 *alias_find(const struct domain *d, mfn_t root, mfn_t m);
/* Sets (rw = 1) or clears the RW bit; the caller keeps the counts. */
void alias_set_rw(u64 *entry, int rw);

#endif /* PVHV_MM_ALIAS_H */
