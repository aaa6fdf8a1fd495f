// SPDX-License-Identifier: GPL-2.0
/*
 * Per-core copies of guest L4 tables.  CR3 never holds a guest's own L4: the
 * copy has this core's gate in the hypervisor's slots.
 * Side: core.  roots_lock of a core guards its slots; it is taken inside
 * mm_lock, so no reference is dropped (mm_root_put) while it is held.  Other cores' changes of a slot are
 * single stores, so a core that dies with the lock leaves sound slots; the slots of a core that is down are left alone.
 *
 * A slot holds one reference of its own, so an L4 that is cached stays typed
 * and its copy may be loaded by the gate without asking.
 */
#include "roots.h"
#include "gate.h"
#include "lockorder.h"
#include "log.h"
#include "string.h"
#include "tlb.h"
#include "mm/pin.h"

#define ROOT_FREE	(~0ULL)
#define L4_RW		0x63UL
#define L4_RO		0x8000000000000061UL	/* NX, not writable below */

static void roots_lock(struct pcore *c)
{
	core_locks(CORE_LOCK_ROOTS);
	corelock_lock_robust(&c->roots_lock);
}

static void roots_unlock(struct pcore *c)
{
	corelock_unlock(&c->roots_lock);
	core_unlocks(CORE_LOCK_ROOTS);
}

static struct root_slot *roots_find(struct pcore *c, u64 mfn)
{
	int i;

	for (i = 0; i < PCORE_ROOTS; i++)
		if (c->roots[i].mfn == mfn)
			return &c->roots[i];
	return NULL;
}

static struct root_slot *roots_victim(struct pcore *c)
{
	struct root_slot *best = &c->roots[0];
	int i;

	for (i = 0; i < PCORE_ROOTS; i++) {
		struct root_slot *s = &c->roots[i];

		if (s->mfn == ROOT_FREE)
			return s;
		if (s->stamp < best->stamp)
			best = s;
	}
	return best;
}

static void roots_fill(struct pcore *c, struct root_slot *s, struct domain *d)
{
	const u64 *l4 = mfn_va(MFN(s->mfn));
	u64 *high = s->half[1];
	int i;

	/* whoever changes an entry meanwhile waits for roots_lock in roots_update, and brings it */
	hv_memcpy(s->half[0], l4, HV_PAGE_SIZE / 2);
	hv_memcpy(high + 256, l4 + 256, HV_PAGE_SIZE / 2);
	for (i = PVHV_HV_SLOT_FIRST; i <= PVHV_HV_SLOT_LAST; i++)
		high[i] = 0;
	high[256] = gate_slot(c);
	high[257] = d->p2m_l3_pa | L4_RO;
	high[258] = d->shared_l3_pa | L4_RW | 1UL << 63;
	high[259] = hv.m2p_l3_pa | L4_RO;
}

u64 roots_load(struct pcore *c, struct vcpu *v)
{
	struct root_slot *s = roots_find(c, v->root.v);
	struct domain *old_dom;
	u64 old;

	if (s) {
		s->stamp = ++c->root_stamp;
		return s->cr3;
	}
	if (mm_root_get(v->dom, v->root))
		core_panic("root %llx of domain %u is loaded but not valid", v->root.v, v->dom->id);
	roots_lock(c);
	s = roots_victim(c);
	old = s->mfn;
	old_dom = s->dom;
	s->mfn = v->root.v;
	s->dom = v->dom;
	s->stamp = ++c->root_stamp;
	roots_fill(c, s, v->dom);
	roots_unlock(c);
	if (old != ROOT_FREE)
		mm_root_put(old_dom, MFN(old));
	roots_publish(c, v);
	return s->cr3;
}

/* Without a copy of v->root (another core took it just now) nothing is published; roots_stale is set then. */
void roots_publish(struct pcore *c, struct vcpu *v)
{
	struct root_slot *cur;
	int i;

	roots_lock(c);
	cur = roots_find(c, v->root.v);
	for (i = 0; cur && i < PCORE_ROOTS; i++) {
		struct root_slot *s = &c->roots[i];

		if (s->mfn == ROOT_FREE || s->dom != v->dom)
			s = cur;
		c->ro->roots[i].mfn = s->mfn;
		c->ro->roots[i].cr3 = s->cr3;
	}
	roots_unlock(c);
}

u64 roots_enter(struct pcore *c, struct vcpu *v)
{
	u64 cr3;

	for (;;) {
		cr3 = roots_load(c, v);
		/* pairs with roots_try_evict: it sees in_guest, or we see roots_stale */
		__atomic_store_n(&c->in_guest, 1, __ATOMIC_SEQ_CST);
		if (!__atomic_load_n(&c->roots_stale, __ATOMIC_SEQ_CST))
			return cr3;
		__atomic_store_n(&c->in_guest, 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&c->roots_stale, 0, __ATOMIC_SEQ_CST);
		roots_load(c, v);
		roots_publish(c, v);
	}
}

/* in_guest is still set: nobody takes the slot that we look for. */
void roots_sync(struct pcore *c, struct vcpu *v)
{
	mfn_t old = v->root;
	bool valid = true;
	int i;

	for (i = 0; i < PCORE_ROOTS; i++) {
		struct root_slot *s = &c->roots[i];

		if (s->cr3 == (c->exit_cr3 & ~0xfffULL))
			break;
	}
	if (i == PCORE_ROOTS)
		core_panic("exit with unknown CR3 %llx", c->exit_cr3);
	roots_lock(c);
	if (c->roots[i].mfn != old.v) {
		valid = !mm_root_get(v->dom, MFN(c->roots[i].mfn));
		v->root = MFN(c->roots[i].mfn);
		c->roots[i].stamp = ++c->root_stamp;
	}
	roots_unlock(c);
	if (!valid)
		core_panic("cached root %llx is not valid", v->root.v);
	if (v->root.v != old.v)
		mm_root_put(v->dom, old);
}

void roots_update(struct domain *d, mfn_t l4, unsigned int idx, u64 val)
{
	unsigned int i;

	(void)d;
	for (i = 0; i < HV_MAX_CORES; i++) {
		struct pcore *c = hv.cores[i];
		struct root_slot *s;

		if (!c || core_is_down(c))
			continue;
		roots_lock(c);
		s = roots_find(c, l4.v);
		if (s)
			__atomic_store_n(&s->half[idx >> 8][idx], val, __ATOMIC_RELAXED);
		roots_unlock(c);
	}
}

/*
 * Whether a copy is loaded.  While a core is in the guest we may not know: the
 * guest switches roots in the gate, and vcpu.root follows at the next exit.
 */
enum roots_use { ROOT_UNUSED, ROOT_LOADED, ROOT_PERHAPS };

/* asked: the core left the guest since the caller began, so a root that vcpu.root names is to be believed. */
static enum roots_use roots_use(struct pcore *c, const struct root_slot *s, u64 mfn, bool asked)
{
	struct vcpu *v = __atomic_load_n(&c->current_vcpu, __ATOMIC_RELAXED);
	bool inside = c != this_core() && __atomic_load_n(&c->in_guest, __ATOMIC_SEQ_CST);
	bool named;

	if (!v || v->dom != s->dom)
		return ROOT_UNUSED;
	named = __atomic_load_n(&v->root.v, __ATOMIC_RELAXED) == mfn;
	if (inside && (!named || !asked))
		return ROOT_PERHAPS;
	return named ? ROOT_LOADED : ROOT_UNUSED;
}

/* ROOT_UNUSED: the slot is free now, its reference is the caller's. */
static enum roots_use roots_try_evict(struct pcore *c, u64 mfn, bool asked)
{
	enum roots_use use = ROOT_LOADED;
	struct root_slot *s;

	roots_lock(c);
	s = roots_find(c, mfn);
	if (s) {
		/* before we look at in_guest; pairs with roots_enter */
		__atomic_store_n(&c->roots_stale, 1, __ATOMIC_SEQ_CST);
		use = roots_use(c, s, mfn, asked);
		if (use == ROOT_UNUSED)
			s->mfn = ROOT_FREE;
	}
	roots_unlock(c);
	return use;
}

void roots_evict(struct domain *d, mfn_t l4)
{
	unsigned int i;

	for (i = 0; i < HV_MAX_CORES; i++) {
		struct pcore *c = hv.cores[i];
		enum roots_use use;
		bool asked = false;

		if (!c || core_is_down(c))
			continue;
		/* at its exit that core tells which root it had */
		while ((use = roots_try_evict(c, l4.v, asked)) == ROOT_PERHAPS &&
		       !core_is_down(c)) {
			tlb_kick(c, d, ~0ULL);
			asked = true;
		}
		if (use == ROOT_UNUSED)
			mm_root_put(d, l4);
	}
}

void roots_forget(struct pcore *c, struct domain *d)
{
	int i;

	for (i = 0; i < PCORE_ROOTS; i++) {
		struct root_slot *s = &c->roots[i];
		u64 mfn = s->mfn;

		if (mfn == ROOT_FREE || (d && s->dom != d))
			continue;
		roots_lock(c);
		s->mfn = ROOT_FREE;
		roots_unlock(c);
		mm_root_put(s->dom, MFN(mfn));
	}
}
