/* SPDX-License-Identifier: GPL-2.0 */
/*
 * References that entries hold: taken and put, checked, by level; and how a
 * frame becomes a page table and stops being one.
 * Side: core.  Under the domain's mm_lock.
 */
#ifndef PVHV_MM_VALIDATE_H
#define PVHV_MM_VALIDATE_H

#include "mm/op.h"
#include "mm/frame.h"
#include "mm/pte.h"

/* The reference of a present L1 entry.  -ERANGE, -EPERM, -EBUSY, -EOVERFLOW. */
static inline int validate_get_l1e(const struct domain *d, u64 e)
{
	struct frame *f = frame_lookup(pte_mfn(e));

	if (!f)
		return -ERANGE;
	return e & PTE_RW ? frame_get_writable(f, d->id) : frame_get(f, d->id);
}

static inline void validate_put_l1e(u64 e)
{
	struct frame *f = frame_lookup(pte_mfn(e));

	if (e & PTE_RW)
		frame_put_writable(f);
	else
		frame_put(f);
}

/* One more count of a valid table.  1: it is none yet; else as above. */
int validate_get_table(const struct domain *d, mfn_t m, unsigned int level);
/* One count less; 0: it is the last, which the caller keeps and must invalidate. */
int validate_put_table(mfn_t m);

/* Frame to page table with one count, not yet valid; nobody can write to it any more. */
long validate_promote(struct mm_ctx *c, mfn_t m, unsigned int level);
/* The reverse: its last count goes, none of its entries holds a reference any more. */
void validate_demote(struct mm_ctx *c, mfn_t m);

#endif /* PVHV_MM_VALIDATE_H */
