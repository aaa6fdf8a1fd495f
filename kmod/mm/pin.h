/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Roots: pinned trees, and references of those that are loaded.
 * Side: core.  Take the domain's mm_lock themselves, but mm_root_*, which need none.
 */
#ifndef PVHV_MM_PIN_H
#define PVHV_MM_PIN_H

#include "mm/op.h"

/*
 * See PVHV_MMU_PIN and PVHV_MMU_UNPIN for errors; MM_AGAIN: call again.
 * Pinning what is pinned is no error.  -EBUSY of unpin: a vCPU has it as its root.
 */
long mm_pin(struct vcpu *v, mfn_t l4);
long mm_unpin(struct vcpu *v, mfn_t l4);
/* Whatever is under way in the domain is done; 0 or MM_AGAIN. */
long mm_finish(struct vcpu *v);

/*
 * A reference for 'loaded' or 'cached'.  -EINVAL: not a pinned L4 of this
 * domain.  It is put only after no core has the root in CR3 any more.
 */
long mm_root_get(struct domain *d, mfn_t l4);
void mm_root_put(struct domain *d, mfn_t l4);

/* Pins the builder's tree before the first vCPU runs.  MM_AGAIN: call again, with the same root; an error leaves nothing typed. */
long mm_start(struct domain *d, mfn_t l4);
/* Drops all pins when no core has a root of d any more.  0, or MM_AGAIN; -EBUSY: somebody still has one. */
long mm_teardown(struct domain *d);

#endif /* PVHV_MM_PIN_H */
