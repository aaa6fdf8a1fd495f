/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames that a domain gives back, and holes that it has filled again.
 * Side: core; the host calls those with chain, surplus, collect and add in their names.
 *
 * Given-back frames, and those that the host adds, wait in the domain's pool, typed GONE, out of
 * everybody's reach.  They are linked through frame.io, as I/O has none of them; not
 * through their contents, to which a TLB may still lead.
 * The domain may fill holes up to its target; what the pool holds beyond that is the host's.
 */
#ifndef PVHV_MM_BALLOON_H
#define PVHV_MM_BALLOON_H

#include "mm/op.h"

/* Frames linked as in the pool. */
struct balloon_chain {
	u32	first, last;	/* mfn + 1 */
	u64	nr;
};

/* No lock needed: in front of those that are in the chain. */
void balloon_chain_add(struct balloon_chain *c, mfn_t m);

/* These take the domain's mm_lock themselves. */

/* -ERANGE: no such gfn, or a hole; -EBUSY: in use but for its direct-map entry, which goes. */
long balloon_give(struct vcpu *v, gfn_t g);
/* A zeroed frame, mapped nowhere.  -ERANGE: no such gfn; -EBUSY: no hole; -ENOMEM: the pool is empty, or the target reached. */
long balloon_take(struct vcpu *v, gfn_t g);

/* These want it held. */

/* At teardown: the pool's frames are ordinary ones again. */
void balloon_drain(struct domain *d);
/* How many frames of the pool the host may take out. */
u64 balloon_surplus(const struct domain *d);
/*
 * Takes out up to max of them; returns the number.  They are GONE and still the domain's; a TLB entry
 * may lead to them until all cores have flushed.
 */
unsigned int balloon_collect(struct domain *d, u64 *mfns, unsigned int max);
/* Puts in a chain of frames that are GONE, and the domain's. */
void balloon_add(struct domain *d, const struct balloon_chain *c);

#endif /* PVHV_MM_BALLOON_H */
