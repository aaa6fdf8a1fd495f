/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames that a domain gives back, and holes that it has filled again.
 * Side: core.  Take the domain's mm_lock themselves.
 *
 * Given-back frames wait in the domain's pool, typed GONE, out of everybody's
 * reach.  They are linked through frame.io, as I/O has none of them; not
 * through their contents, to which a TLB may still lead.
 */
#ifndef PVHV_MM_BALLOON_H
#define PVHV_MM_BALLOON_H

#include "mm/op.h"

/* -ERANGE: no such gfn, or a hole; -EBUSY: in use but for its direct-map entry, which goes. */
long balloon_give(struct vcpu *v, gfn_t g);
/* A zeroed frame, mapped nowhere.  -ERANGE: no such gfn; -EBUSY: no hole; -ENOMEM: the pool is empty. */
long balloon_take(struct vcpu *v, gfn_t g);
/* At teardown: the pool's frames are ordinary ones again. */
void balloon_drain(struct domain *d);

#endif /* PVHV_MM_BALLOON_H */
