// SPDX-License-Identifier: GPL-2.0
/*
 * Recount of all types and references of a domain: see audit.h.
 * Side: core.  Under mm_lock, with the domain's vCPUs stopped.  Between two slices the lock
 * is free: all others who change what is counted need a vCPU, or hostdom.lock, which the host holds throughout.
 *
 * The scratch word of a gfn counts as the frame word does: type count in the
 * lower half, references in the upper half.  Sources: entries of all typed
 * tables, pins, roots, the operation under way, I/O.
 */
#include "mm/audit.h"
#include "mm/frame.h"
#include "mm/lock.h"
#include "mm/op.h"
#include "mm/pte.h"

#define AUDIT_COUNT	1ULL
#define AUDIT_REF	(1ULL << 32)
#define AUDIT_TYPED	(AUDIT_COUNT + AUDIT_REF)
/* I/O comes and goes between two loads: so often a frame is looked at again. */
#define AUDIT_RETRIES	1000

/* audit.part, in this order */
#define AUDIT_WALK	0	/* counts what tables hold; pos: gfn */
#define AUDIT_ROOTS	1
#define AUDIT_POOL	2	/* pos: frames counted, pool_at: the next */
#define AUDIT_COMPARE	3	/* pos: gfn */
#define AUDIT_DONE	4

static void audit_add_text(struct domain_audit *a, unsigned int *pos, const char *s)
{
	while (*s && *pos < sizeof(a->msg) - 1)
		a->msg[(*pos)++] = *s++;
	a->msg[*pos] = 0;
}

static void audit_add_hex(struct domain_audit *a, unsigned int *pos, u64 x)
{
	char text[20];
	unsigned int i = sizeof(text);

	text[--i] = 0;
	do {
		text[--i] = "0123456789abcdef"[x & 15];
		x >>= 4;
	} while (x);
	text[--i] = 'x';
	text[--i] = '0';
	audit_add_text(a, pos, &text[i]);
}

/* Counts a difference; the first one is told in words: "what: frame X, A, B". */
static void audit_differ(struct domain *d, mfn_t m, const char *what, u64 x, u64 y)
{
	struct domain_audit *a = &d->audit;
	unsigned int pos = 0;

	if (a->differences++)
		return;
	a->first_mfn = m.v;
	audit_add_text(a, &pos, what);
	audit_add_text(a, &pos, ": frame ");
	audit_add_hex(a, &pos, m.v);
	audit_add_text(a, &pos, ", ");
	audit_add_hex(a, &pos, x);
	audit_add_text(a, &pos, ", ");
	audit_add_hex(a, &pos, y);
}

static u64 *audit_counter(struct domain *d, gfn_t g)
{
	return &d->audit_scratch[g.v >> 9][g.v & 511];
}

/* The domain's own frame of that number with its counter, or NULL and a difference. */
static struct frame *audit_frame(struct domain *d, mfn_t m, u64 **counter)
{
	struct frame *f = frame_lookup(m);
	gfn_t g;

	if (!f || frame_owner(f) != d->id) {
		audit_differ(d, m, "not the domain's (owner)", f ? frame_owner(f) : 0, 0);
		return NULL;
	}
	g = frame_gfn(m);
	if (domain_p2m(d, g) != m.v) {
		audit_differ(d, m, "P2M and M2P disagree (gfn, P2M)", g.v, domain_p2m(d, g));
		return NULL;
	}
	*counter = audit_counter(d, g);
	return f;
}

static void audit_l1_entry(struct domain *d, mfn_t table, u64 e)
{
	u64 *counter;
	struct frame *f = audit_frame(d, pte_mfn(e), &counter);

	if (!f)
		return;
	*counter += e & PTE_RW ? AUDIT_TYPED : AUDIT_REF;
	if ((e & PTE_RW) && (frame_word(f) & FW_TYPE) != FRAME_WRITABLE)
		audit_differ(d, table, "maps a frame of another type writable (entry, word)",
			     e, frame_word(f));
}

static void audit_upper_entry(struct domain *d, mfn_t table, unsigned int level, u64 e)
{
	u64 *counter;
	struct frame *f = audit_frame(d, pte_mfn(e), &counter);

	if (!f)
		return;
	*counter += AUDIT_TYPED;
	if ((frame_word(f) & (FW_TYPE | FW_VALID)) != ((level - 1) | FW_VALID))
		audit_differ(d, table, "names a frame of another type (entry, word)",
			     e, frame_word(f));
}

/* How many entries of the table hold references; the operation's tables are partly done. */
static unsigned int audit_valid_entries(struct domain *d, mfn_t m, u64 word, u64 *counter)
{
	const struct mm_op *op = &d->mm_op;
	unsigned int level = word & FW_TYPE;

	if (word & FW_VALID)
		return PT_ENTRIES;
	if (op->kind != MM_OP_NONE && level >= op->level && level <= op->top &&
	    op->mfn[level] == m.v) {
		*counter += AUDIT_TYPED;
		return op->index[level];
	}
	audit_differ(d, m, "typed, not valid, and not at work (word)", word, 0);
	return 0;
}

/* Returns the number of present entries. */
static unsigned int audit_table(struct domain *d, mfn_t m, u64 word, u64 *counter)
{
	unsigned int level = word & FW_TYPE, n = audit_valid_entries(d, m, word, counter), i;
	const u64 *table = mfn_va(m);
	unsigned int present = 0;

	d->audit.tables++;
	if (word & FW_PINNED)
		*counter += AUDIT_TYPED;
	if ((level == 4 && (word & FW_VALID)) != !!(word & FW_PINNED))
		audit_differ(d, m, "pin and L4 disagree (word)", word, 0);
	for (i = 0; i < n; i++) {
		u64 e = pte_read(&table[i]);

		if (e && pte_hv_slot(level, i))
			audit_differ(d, m, "hypervisor's slot in use (slot, entry)", i, e);
		if (!(e & PTE_P)) {
			if (!pte_absent_ok(e))
				audit_differ(d, m, "absent entry names memory (slot, entry)", i, e);
			continue;
		}
		present++;
		if ((e & PTE_REFUSED) || pte_sanitise(e, level, i) != e)
			audit_differ(d, m, "forbidden bits (slot, entry)", i, e);
		if (level == 1)
			audit_l1_entry(d, m, e);
		else
			audit_upper_entry(d, m, level, e);
	}
	return present;
}

static void audit_root(struct domain *d, mfn_t m)
{
	u64 *counter;
	struct frame *f = audit_frame(d, m, &counter);

	if (!f)
		return;
	*counter += AUDIT_TYPED;
	if ((frame_word(f) & (FW_TYPE | FW_VALID)) != (FRAME_L4 | FW_VALID))
		audit_differ(d, m, "root is no valid L4 (word)", frame_word(f), 0);
}

static void audit_roots(struct domain *d)
{
	unsigned int i, j;

	for (i = 0; i < d->nr_vcpus; i++) {
		const struct vcpu *v = d->vcpu[i];

		if (v && frame_lookup(v->root))
			audit_root(d, v->root);
		if (v && __atomic_load_n(&v->init, __ATOMIC_ACQUIRE) == VCPU_INIT_READY)
			audit_root(d, MFN(v->boot.root_mfn));
	}
	for (i = 0; i < HV_MAX_CORES; i++) {
		const struct pcore *c = hv.cores[i];

		for (j = 0; c && j < PCORE_ROOTS; j++) {
			if (c->roots[j].mfn != ~0ULL && c->roots[j].dom == d)
				audit_root(d, MFN(c->roots[j].mfn));
		}
	}
}

static int audit_matches(const struct frame *f, u64 counted, u64 *word)
{
	u32 io = __atomic_load_n(&f->io, __ATOMIC_ACQUIRE);
	u64 w = frame_word(f);
	u64 count = (u32)counted + (io >> 16);
	u64 refs = (counted >> 32) + (io & 0xffff) + (io >> 16);

	*word = w;
	return FW_COUNT(w) == count && FW_REFS(w) == refs && !count == !(w & FW_TYPE);
}

/* Returns how often it looked. */
static unsigned int audit_compare(struct domain *d, mfn_t m, const struct frame *f, u64 counted)
{
	unsigned int i;
	u64 word;

	for (i = 1; i <= AUDIT_RETRIES; i++) {
		if (audit_matches(f, counted, &word))
			return i;
	}
	audit_differ(d, m, "counts (word, recount)", word, counted);
	return i;
}

/* What it cost, as a slice counts. */
static unsigned int audit_walk_frame(struct domain *d, gfn_t g)
{
	mfn_t m = MFN(domain_p2m(d, g));
	struct frame *f;
	u64 w, *counter;

	if (m.v == ~0ULL)
		return 1;
	d->audit.frames++;
	f = audit_frame(d, m, &counter);
	w = f ? frame_word(f) : 0;
	if ((w & FW_TYPE) < FRAME_L1 || (w & FW_TYPE) > FRAME_L4)
		return MM_COST_ENTRY;
	return PT_ENTRIES + audit_table(d, m, w, counter) * MM_COST_ENTRY;
}

static unsigned int audit_compare_frame(struct domain *d, gfn_t g)
{
	mfn_t m = MFN(domain_p2m(d, g));
	struct frame *f = frame_lookup(m);

	if (!f || frame_owner(f) != d->id)
		return 1;
	return audit_compare(d, m, f, *audit_counter(d, g)) * MM_COST_ENTRY;
}

/* One of these for each gfn, from where it stands.  0: all are done; or MM_AGAIN. */
static long audit_gfns(struct domain *d, s64 *budget,
		       unsigned int (*one)(struct domain *d, gfn_t g))
{
	struct domain_audit *a = &d->audit;

	for (; a->pos < d->max_pages; a->pos++) {
		if (*budget <= 0)
			return MM_AGAIN;
		*budget -= one(d, GFN(a->pos));
	}
	return 0;
}

/* The pool's frames are the domain's, typed GONE, and in no map; all others are counted. */
static bool audit_pool_frame(struct domain *d, mfn_t m)
{
	struct frame *f = frame_lookup(m);

	if (f && frame_owner(f) == d->id && frame_word(f) == FRAME_GONE && frame_gfn(m).v == ~0ULL)
		return true;
	audit_differ(d, m, "in the pool (word, gfn)", f ? frame_word(f) : 0,
		     f ? frame_gfn(m).v : 0);
	return false;
}

static long audit_pool(struct domain *d, s64 *budget)
{
	struct domain_audit *a = &d->audit;

	if (!a->pos)
		a->pool_at = d->pool_head;
	for (; a->pool_at && a->pos <= d->nr_pool; a->pos++) {
		mfn_t m = MFN((u64)a->pool_at - 1);

		if (*budget <= 0)
			return MM_AGAIN;
		*budget -= MM_COST_ENTRY;
		if (!audit_pool_frame(d, m))
			return 0;
		a->pool_at = frame_lookup(m)->io;
	}
	if (a->pool_at || a->pos != d->nr_pool)
		audit_differ(d, MFN_INVALID, "pool (counted, nr_pool)", a->pos, d->nr_pool);
	return 0;
}

static long audit_part(struct domain *d, s64 *budget)
{
	switch (d->audit.part) {
	case AUDIT_WALK:
		return audit_gfns(d, budget, audit_walk_frame);
	case AUDIT_ROOTS:
		audit_roots(d);
		if (d->audit.frames != d->nr_pages)
			audit_differ(d, MFN_INVALID, "frames (counted, nr_pages)",
				     d->audit.frames, d->nr_pages);
		return 0;
	case AUDIT_POOL:
		return audit_pool(d, budget);
	default:
		return audit_gfns(d, budget, audit_compare_frame);
	}
}

long audit_domain(struct domain *d)
{
	s64 budget = MM_SLICE;
	long ret = 0;

	if (!mm_lock(d))
		return -EIO;
	while (d->audit.part != AUDIT_DONE) {
		ret = audit_part(d, &budget);
		if (ret)
			break;
		d->audit.part++;
		d->audit.pos = 0;
	}
	mm_unlock(d);
	return ret;
}
