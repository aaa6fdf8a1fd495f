/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The frame table: owner, type and counts of each donated machine frame.
 * Side: none.  Inline code that cores, host threads and I/O completions run
 * alike: no lock, no call of anybody's; the word changes by compare-and-exchange only.
 *
 * A reference keeps the frame with its owner.  A typed reference is a
 * reference that also counts in the type count; while that is not 0 the type
 * cannot change.  So: references >= type count, and type count 0 means type
 * none (a page table leaves its type and its last count in one exchange).
 * Present L1 entry: a reference, typed (writable) if RW.  Present L2-L4
 * entry: a typed reference on the table.  L4: one typed reference for its
 * pin and one for each place where it is loaded or cached.  I/O in flight:
 * a reference, typed (writable) if the device or host writes to the frame.
 */
#ifndef PVHV_MM_FRAME_H
#define PVHV_MM_FRAME_H

#include <linux/errno.h>
#include "hv.h"
#include "nospec.h"

/* Types; those of page tables are their levels. */
#define FRAME_NONE	0
#define FRAME_L1	1
#define FRAME_L2	2
#define FRAME_L3	3
#define FRAME_L4	4
#define FRAME_WRITABLE	5
#define FRAME_SHARED	6	/* of the hypervisor, shown to the guest */
#define FRAME_GONE	7	/* between owners: nobody gets a reference */

struct frame {
	u64 word;	/* FW_*; any side, by compare-and-exchange */
	u32 owner;	/* domain id, 0 = nobody; host, while the type is GONE or nobody knows the frame */
	u32 io;		/* of the references: I/O; 15:0 plain, 31:16 writable; host.  GONE: see mm/balloon.h */
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct frame) == 16, "struct frame");

#define FW_TYPE		7ULL
#define FW_VALID	(1ULL << 3)	/* page table: all entries are checked and hold their references */
#define FW_PINNED	(1ULL << 4)	/* L4: the guest's pin holds one of the counts */
#define FW_COUNT_SHIFT	8		/* type count, 28 bits */
#define FW_REF_SHIFT	36		/* references, 28 bits */
#define FW_MAX		((1ULL << 28) - 1)
#define FW_COUNT_ONE	(1ULL << FW_COUNT_SHIFT)
#define FW_REF_ONE	(1ULL << FW_REF_SHIFT)
#define FW_COUNT(w)	(((w) >> FW_COUNT_SHIFT) & FW_MAX)
#define FW_REFS(w)	((w) >> FW_REF_SHIFT)
#define FW_REF_MASK	(FW_MAX << FW_REF_SHIFT)
#define FW_FULL(w)	(FW_REFS(w) == FW_MAX)

/* NULL: no such frame, or not donated.  What is found may be anybody's: see the owner. */
static inline struct frame *frame_lookup(mfn_t m)
{
	struct frame *frames;
	u64 i;

	if (m.v >= hv.max_mfn)
		return NULL;
	i = nospec_index(m.v, hv.max_mfn);
	frames = __atomic_load_n(&hv.regions[i / HV_CHUNK_FRAMES].frames, __ATOMIC_ACQUIRE);
	return frames ? &frames[i % HV_CHUNK_FRAMES] : NULL;
}

/* Only for frames that frame_lookup knows. */
static inline u64 *frame_m2p(mfn_t m)
{
	return &hv.regions[m.v / HV_CHUNK_FRAMES].m2p[m.v % HV_CHUNK_FRAMES];
}

static inline gfn_t frame_gfn(mfn_t m)
{
	return GFN(__atomic_load_n(frame_m2p(m), __ATOMIC_RELAXED));
}

static inline u64 frame_word(const struct frame *f)
{
	return __atomic_load_n(&f->word, __ATOMIC_RELAXED);
}

static inline u32 frame_owner(const struct frame *f)
{
	return __atomic_load_n(&f->owner, __ATOMIC_RELAXED);
}

/* On failure *old is the word as it is now. */
static inline int frame_cmpxchg(struct frame *f, u64 *old, u64 new)
{
	return __atomic_compare_exchange_n(&f->word, old, new, 0,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static inline void frame_put(struct frame *f)
{
	__atomic_fetch_sub(&f->word, FW_REF_ONE, __ATOMIC_SEQ_CST);
}

/* Turns a writable typed reference into a plain one. */
static inline void frame_drop_writable(struct frame *f)
{
	u64 w = frame_word(f), new;

	do {
		new = w - FW_COUNT_ONE;
		if (!FW_COUNT(new))
			new &= ~FW_TYPE;
	} while (!frame_cmpxchg(f, &w, new));
}

static inline void frame_put_writable(struct frame *f)
{
	u64 w = frame_word(f), new;

	do {
		new = w - FW_REF_ONE - FW_COUNT_ONE;
		if (!FW_COUNT(new))
			new &= ~FW_TYPE;
	} while (!frame_cmpxchg(f, &w, new));
}

/* A plain reference.  -EPERM: not this domain's; -EOVERFLOW: too many references. */
static inline int frame_get(struct frame *f, u32 domid)
{
	u64 w = frame_word(f);

	do {
		if (frame_owner(f) != domid || (w & FW_TYPE) == FRAME_GONE)
			return -EPERM;
		if (FW_FULL(w))
			return -EOVERFLOW;
	} while (!frame_cmpxchg(f, &w, w + FW_REF_ONE));
	if (frame_owner(f) == domid)
		return 0;
	/* It left and came back to somebody else between check and exchange. */
	frame_put(f);
	return -EPERM;
}

/* A writable typed reference.  As frame_get; -EBUSY: a page table. */
static inline int frame_get_writable(struct frame *f, u32 domid)
{
	u64 w = frame_word(f);

	do {
		u64 type = w & FW_TYPE;

		if (frame_owner(f) != domid || type == FRAME_GONE)
			return -EPERM;
		if (type != FRAME_WRITABLE && type != FRAME_NONE)
			return -EBUSY;
		if (FW_FULL(w))
			return -EOVERFLOW;
	} while (!frame_cmpxchg(f, &w, (w | FRAME_WRITABLE) + FW_REF_ONE + FW_COUNT_ONE));
	if (frame_owner(f) == domid)
		return 0;
	frame_put_writable(f);
	return -EPERM;
}

/* Makes a plain reference, which the caller holds, a writable typed one.  -EBUSY: a page table. */
static inline int frame_add_writable(struct frame *f)
{
	u64 w = frame_word(f);

	do {
		u64 type = w & FW_TYPE;

		if (type != FRAME_WRITABLE && type != FRAME_NONE)
			return -EBUSY;
	} while (!frame_cmpxchg(f, &w, (w | FRAME_WRITABLE) + FW_COUNT_ONE));
	return 0;
}

/*
 * References of I/O in flight are counted apart as well, in the same exchange,
 * so that an audit can tell them from those of entries while I/O goes on.
 */
#define FRAME_IO_MAX	0x8000U
#define FRAME_IO_WRITE	0x10000U

static inline int frame_cmpxchg_all(struct frame *f, struct frame *old, const struct frame *new)
{
	u64 *lo = &old->word, hi = old->owner | (u64)old->io << 32;
	u8 done;

	asm volatile("lock cmpxchg16b %1; sete %0"
		     : "=q" (done), "+m" (*f), "+a" (*lo), "+d" (hi)
		     : "b" (new->word), "c" (new->owner | (u64)new->io << 32) : "cc", "memory");
	old->owner = hi;
	old->io = hi >> 32;
	return done;
}

/* -EPERM: not this domain's; -EBUSY: to be written, and a page table; -EOVERFLOW. */
static inline int frame_check_io(const struct frame *f, u32 domid, int write)
{
	u64 type = f->word & FW_TYPE;

	if (f->owner != domid || type == FRAME_GONE)
		return -EPERM;
	if (write && type != FRAME_WRITABLE && type != FRAME_NONE)
		return -EBUSY;
	if (FW_FULL(f->word) || (write ? f->io >> 16 : f->io & 0xffff) >= FRAME_IO_MAX)
		return -EOVERFLOW;
	return 0;
}

static inline int frame_get_io(struct frame *f, u32 domid, int write)
{
	struct frame old = { .word = frame_word(f), .owner = frame_owner(f),
			     .io = __atomic_load_n(&f->io, __ATOMIC_RELAXED) };
	struct frame new;

	do {
		int ret = frame_check_io(&old, domid, write);

		if (ret)
			return ret;
		new = old;
		new.word += FW_REF_ONE;
		if (write)
			new.word = (new.word | FRAME_WRITABLE) + FW_COUNT_ONE;
		new.io += write ? FRAME_IO_WRITE : 1;
	} while (!frame_cmpxchg_all(f, &old, &new));
	return 0;
}

static inline void frame_put_io(struct frame *f, int write)
{
	struct frame old = { .word = frame_word(f), .owner = frame_owner(f),
			     .io = __atomic_load_n(&f->io, __ATOMIC_RELAXED) };
	struct frame new;

	do {
		new = old;
		new.word -= write ? FW_REF_ONE + FW_COUNT_ONE : FW_REF_ONE;
		if (!FW_COUNT(new.word))
			new.word &= ~FW_TYPE;
		new.io -= write ? FRAME_IO_WRITE : 1;
	} while (!frame_cmpxchg_all(f, &old, &new));
}

#endif /* PVHV_MM_FRAME_H */
