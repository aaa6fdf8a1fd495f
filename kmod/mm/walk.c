// SPDX-License-Identifier: GPL-2.0
/*
 * Software walk of a guest's page tables: see walk.h.
 * Side: core.  Any context; no locks.
 */
#include "mm/walk.h"
#include "mm/frame.h"
#include "mm/pte.h"

static u64 *walk_table(const struct domain *d, mfn_t m, unsigned int level)
{
	struct frame *f = frame_lookup(m);

	if (!f || frame_owner(f) != d->id)
		return NULL;
	if ((frame_word(f) & (FW_TYPE | FW_VALID)) != (level | FW_VALID))
		return NULL;
	return mfn_va(m);
}

/* 0, or -EFAULT: no L1 table there. */
int walk_find_l1(const struct domain *d, mfn_t root, u64 va, struct walk *w)
{
	mfn_t m = root;
	unsigned int level;

	w->rights = PTE_RW | PTE_US;
	for (level = 4; ; level--) {
		u64 *table = walk_table(d, m, level);
		u64 e;

		if (!table)
			return -EFAULT;
		if (level == 1) {
			w->entry = &table[pte_index(va, 1)];
			return 0;
		}
		e = pte_read(&table[pte_index(va, level)]);
		if (!(e & PTE_P))
			return -EFAULT;
		w->rights &= e;
		m = pte_mfn(e);
	}
}
