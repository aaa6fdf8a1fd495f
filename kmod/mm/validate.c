// SPDX-License-Identifier: GPL-2.0
/*
 * Tables as typed frames: counts, promotion, demotion.
 * Side: core.  Under the domain's mm_lock; host threads change the words of
 * writable and untyped frames meanwhile.
 *
 * The order that keeps a page table unwritable (selftests/mm/typeref.pml):
 * to a table: exchange the word (from then on nobody gets a writable
 * reference), make the alias read-only, flush, only then read the entries.
 * From a table: drop the entries' references, flush, exchange the word, make
 * the alias writable.
 */
#include "mm/validate.h"
#include "mm/alias.h"
#include "arch/x86/log.h"
#include "arch/x86/tlb.h"

void mm_flush_if_dirty(struct domain *d)
{
	if (!d->mm_dirty)
		return;
	d->mm_dirty = 0;
	tlb_flush_domain(d);
}

int validate_get_table(const struct domain *d, mfn_t m, unsigned int level)
{
	struct frame *f = frame_lookup(m);
	u64 w;

	if (!f)
		return -ERANGE;
	if (frame_owner(f) != d->id)
		return -EPERM;
	w = frame_word(f);
	do {
		u64 type = w & FW_TYPE;

		if (type == FRAME_NONE || type == FRAME_WRITABLE)
			return 1;
		if (type != level || !(w & FW_VALID))
			return -EBUSY;
		if (FW_FULL(w))
			return -EOVERFLOW;
	} while (!frame_cmpxchg(f, &w, w + FW_COUNT_ONE + FW_REF_ONE));
	return 0;
}

int validate_put_table(mfn_t m)
{
	struct frame *f = frame_lookup(m);
	u64 w = frame_word(f);

	do {
		if (FW_COUNT(w) == 1)
			return 0;
	} while (!frame_cmpxchg(f, &w, w - FW_COUNT_ONE - FW_REF_ONE));
	return 1;
}

/*
 * The only writable reference that may be left is the direct map's: its typed
 * part is taken over in the same exchange that sets the type, so there is no
 * moment at which somebody else could get in between.
 */
long validate_promote(struct mm_ctx *c, mfn_t m, unsigned int level)
{
	struct frame *f = frame_lookup(m);
	u64 *alias;
	u64 w;

	if (!f)
		return -ERANGE;
	if (frame_owner(f) != c->d->id)
		return -EPERM;
	w = frame_word(f);
	do {
		u64 type = w & FW_TYPE;

		alias = NULL;
		if (type == FRAME_WRITABLE && FW_COUNT(w) == 1) {
			alias = alias_find(c->d, c->root, m);
			if (!alias || !(pte_read(alias) & PTE_RW))
				return -EBUSY;
		} else if (type != FRAME_NONE) {
			return -EBUSY;
		}
		if (FW_FULL(w))
			return -EOVERFLOW;
	} while (!frame_cmpxchg(f, &w, ((w & FW_REF_MASK) + FW_REF_ONE) | FW_COUNT_ONE | level));

	if (alias) {
		alias_set_rw(alias, 0);
		c->d->mm_dirty = 1;
	}
	mm_flush_if_dirty(c->d);
	return 0;
}

void validate_demote(struct mm_ctx *c, mfn_t m)
{
	struct frame *f = frame_lookup(m);
	u64 *alias = alias_find(c->d, c->root, m);
	u64 w = frame_word(f), new;

	if (FW_COUNT(w) != 1 || (w & FW_VALID))
		core_panic("mm: frame %llx leaves its type with word %llx", m.v, w);
	if (alias && (pte_read(alias) & PTE_RW))
		core_panic("mm: page table %llx is writable in the direct map", m.v);
	mm_flush_if_dirty(c->d);
	do {
		new = (w & FW_REF_MASK) - FW_REF_ONE;
		if (alias)
			new |= FW_COUNT_ONE | FRAME_WRITABLE;
	} while (!frame_cmpxchg(f, &w, new));
	if (alias)
		alias_set_rw(alias, 1);
}
