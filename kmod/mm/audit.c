// SPDX-License-Identifier: GPL-2.0
/*
 * Recount of all types and references of a domain: see audit.h.
 * Side: core.  Under mm_lock, with the domain's vCPUs stopped.
 *
 * The scratch word of a gfn counts as the frame word does: type count in the
 * lower half, references in the upper half.  Sources: entries of all typed
 * tables, pins, roots, the operation under way, I/O.
 */
#include "mm/audit.h"
#include "mm/frame.h"
#include "mm/op.h"
#include "mm/pte.h"

#define AUDIT_COUNT	1ULL
#define AUDIT_REF	(1ULL << 32)
#define AUDIT_TYPED	(AUDIT_COUNT + AUDIT_REF)
/* I/O comes and goes between two loads: so often a frame is looked at again. */
#define AUDIT_RETRIES	1000

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

static void audit_table(struct domain *d, mfn_t m, u64 word, u64 *counter)
{
	unsigned int level = word & FW_TYPE, n = audit_valid_entries(d, m, word, counter), i;
	const u64 *table = mfn_va(m);

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
		if ((e & PTE_REFUSED) || pte_sanitise(e, level, i) != e)
			audit_differ(d, m, "forbidden bits (slot, entry)", i, e);
		if (level == 1)
			audit_l1_entry(d, m, e);
		else
			audit_upper_entry(d, m, level, e);
	}
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

static void audit_compare(struct domain *d, mfn_t m, const struct frame *f, u64 counted)
{
	unsigned int i;
	u64 word;

	for (i = 0; i < AUDIT_RETRIES; i++) {
		if (audit_matches(f, counted, &word))
			return;
	}
	audit_differ(d, m, "counts (word, recount)", word, counted);
}

static void audit_walk(struct domain *d)
{
	u64 g, *counter;

	for (g = 0; g < d->max_pages; g++) {
		mfn_t m = MFN(domain_p2m(d, GFN(g)));
		struct frame *f;
		u64 w;

		if (m.v == ~0ULL)
			continue;
		d->audit.frames++;
		f = audit_frame(d, m, &counter);
		if (!f)
			continue;
		w = frame_word(f);
		if ((w & FW_TYPE) >= FRAME_L1 && (w & FW_TYPE) <= FRAME_L4)
			audit_table(d, m, w, counter);
	}
}

/* The pool's frames are the domain's, typed GONE, and in no map; all others are counted. */
static void audit_balloon(struct domain *d)
{
	u32 at = d->pool_head;
	u64 n = 0;

	if (d->audit.frames != d->nr_pages)
		audit_differ(d, MFN_INVALID, "frames (counted, nr_pages)", d->audit.frames,
			     d->nr_pages);
	for (; at && n <= d->nr_pool; n++) {
		mfn_t m = MFN((u64)at - 1);
		struct frame *f = frame_lookup(m);

		if (!f || frame_owner(f) != d->id || frame_word(f) != FRAME_GONE ||
		    frame_gfn(m).v != ~0ULL) {
			audit_differ(d, m, "in the pool (word, gfn)", f ? frame_word(f) : 0,
				     f ? frame_gfn(m).v : 0);
			return;
		}
		at = f->io;
	}
	if (at || n != d->nr_pool)
		audit_differ(d, MFN_INVALID, "pool (counted, nr_pool)", n, d->nr_pool);
}

void audit_domain(struct domain *d)
{
	u64 g;

	d->audit = (struct domain_audit){ 0 };
	corelock_lock(&d->mm_lock);
	for (g = 0; g < d->max_pages; g++)
		*audit_counter(d, GFN(g)) = 0;
	audit_walk(d);
	audit_roots(d);
	audit_balloon(d);
	for (g = 0; g < d->max_pages; g++) {
		mfn_t m = MFN(domain_p2m(d, GFN(g)));
		struct frame *f = frame_lookup(m);

		if (f && frame_owner(f) == d->id)
			audit_compare(d, m, f, *audit_counter(d, GFN(g)));
	}
	corelock_unlock(&d->mm_lock);
}
