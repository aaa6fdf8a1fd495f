/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Validation and invalidation of trees of page tables, in slices.
 * Side: core.  Under the domain's mm_lock.
 *
 * A domain has at most one such operation (struct mm_op).  It walks one tree
 * with an explicit stack, a table per level.  Tables on the stack have their
 * type and one count, which the operation holds, but are not valid: nobody
 * else can link, load or change them.  Invariant of each: the entries
 * [0, index) hold their references, the others hold none.  So an error turns
 * validation into invalidation where it stands, and both can stop anywhere.
 */
#ifndef PVHV_MM_OP_H
#define PVHV_MM_OP_H

#include "domain.h"

/* "Call again"; never an errno. */
#ifndef MM_AGAIN
#define MM_AGAIN	0x7ffffff0L
#endif

#define MM_OP_NONE	0
#define MM_OP_PIN	1	/* validate an L4, then pin it */
#define MM_OP_SET	2	/* validate a lower table, then store an entry that names it; or invalidate the one displaced */
#define MM_OP_UNPIN	3	/* invalidate an L4 */

#define MM_PHASE_VALIDATE	0
#define MM_PHASE_INVALIDATE	1

/*
 * Work of one call: present entries cost MM_COST_ENTRY, others 1, so a
 * slice handles at most 4,096 present entries.
 */
#define MM_COST_ENTRY	8
#ifndef MM_SLICE
#define MM_SLICE	(4096 * MM_COST_ENTRY)
#endif

/* What one call into mm carries along. */
struct mm_ctx {
	struct domain *d;
	mfn_t	root;		/* where the direct map is found */
	s64	budget;
};

/* Drops all TLB entries of the domain if any of them may be too many. */
void mm_flush_if_dirty(struct domain *d);

/* Starts validation of m (not yet a page table).  -errno with nothing changed, or 0: op_run() goes on. */
long op_start_validate(struct mm_ctx *c, u32 kind, mfn_t m, unsigned int level);
/* Starts invalidation of m, whose last count the caller gives up. */
void op_start_invalidate(struct mm_ctx *c, u32 kind, mfn_t m, unsigned int level);
/* Goes on with the domain's operation, if any.  0: none left, the result of the last is in mm_op.result; or MM_AGAIN. */
long op_run(struct mm_ctx *c);
/*
 * Replaces entry slot of a valid table (level >= 2), for whose new value all
 * references are held; puts the old value's.  Starts an operation if that
 * was the last of a table.
 */
void op_store_entry(struct mm_ctx *c, mfn_t table, unsigned int level, unsigned int slot, u64 val);

#endif /* PVHV_MM_OP_H */
