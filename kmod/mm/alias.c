// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's own direct-map entry of a frame: see alias.h.
 * Side: core.  Under the domain's mm_lock.
 */
#include "mm/alias.h"
#include "mm/frame.h"
#include "mm/pte.h"
#include "mm/walk.h"

u64 *alias_find(const struct domain *d, mfn_t root, mfn_t m)
{
	gfn_t g = frame_gfn(m);
	struct walk w;
	u64 va, e;

	if (g.v >= d->max_pages)
		return NULL;
	va = d->directmap_va + (g.v << HV_PAGE_SHIFT);
	if (!pte_va_ok(va) || walk_find_l1(d, root, va, &w))
		return NULL;
	e = pte_read(w.entry);
	if (!(e & PTE_P) || pte_mfn(e).v != m.v)
		return NULL;
	return w.entry;
}

/* One locked instruction: the processor may set A and D meanwhile. */
void alias_set_rw(u64 *entry, int rw)
{
	if (rw)
		__atomic_fetch_or(entry, PTE_RW, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(entry, ~PTE_RW, __ATOMIC_SEQ_CST);
}
