// SPDX-License-Identifier: GPL-2.0
/*
 * Per-core copies of guest L4 tables.  CR3 never holds a guest's own L4: the
 * copy has this core's gate in the hypervisor's slots.
 * Side: core.  roots_lock of a core guards its slots; it is taken inside
 * mm_lock, so no reference is dropped (mm_root_put) while it is held.
 *
 * A slot holds one reference of its own, so an L4 that is cached stays typed
 * and its copy may be loaded by the gate without asking.
 */
#include "roots.h"
#include "gate.h"
#include "log.h"
#include "mm/pin.h"

#define ROOT_FREE	(~0ULL)
#define L4_RW		0x63UL
#define L4_RO		0x8000000000000061UL	/* NX, not writable below */

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
	const u64 *src = mfn_va(MFN(s->mfn));
	int i;

	for (i = 0; i < 512; i++)
		s->copy[i] = src[i];
	for (i = PVHV_HV_SLOT_FIRST; i <= PVHV_HV_SLOT_LAST; i++)
		s->copy[i] = 0;
	s->copy[256] = gate_slot(c);
	s->copy[257] = d->p2m_l3_pa | L4_RO;
	s->copy[258] = d->shared_l3_pa | L4_RW | 1UL << 63;
	s->copy[259] = hv.m2p_l3_pa | L4_RO;
}

u64 roots_load(struct pcore *c, struct vcpu *v)
{
	struct root_slot *s = roots_find(c, v->root.v);
	struct domain *old_dom;
	u64 old;

	if (s) {
		s->stamp = ++c->root_stamp;
		return hv_pa(s->copy);
	}
	if (mm_root_get(v->dom, v->root))
		core_panic("root %llx of domain %u is loaded but not valid", v->root.v, v->dom->id);
	corelock_lock(&c->roots_lock);
	s = roots_victim(c);
	old = s->mfn;
	old_dom = s->dom;
	s->mfn = v->root.v;
	s->dom = v->dom;
	s->stamp = ++c->root_stamp;
	roots_fill(c, s, v->dom);
	corelock_unlock(&c->roots_lock);
	if (old != ROOT_FREE)
		mm_root_put(old_dom, MFN(old));
	roots_publish(c, v);
	return hv_pa(s->copy);
}

void roots_publish(struct pcore *c, struct vcpu *v)
{
	struct root_slot *cur = roots_find(c, v->root.v);
	int i;

	for (i = 0; i < PCORE_ROOTS; i++) {
		struct root_slot *s = &c->roots[i];

		if (s->mfn == ROOT_FREE || s->dom != v->dom)
			s = cur;
		c->ro->roots[i].mfn = s->mfn;
		c->ro->roots[i].cr3 = hv_pa(s->copy);
	}
}

void roots_sync(struct pcore *c, struct vcpu *v)
{
	int i;

	for (i = 0; i < PCORE_ROOTS; i++) {
		struct root_slot *s = &c->roots[i];

		if (s->mfn == ROOT_FREE || hv_pa(s->copy) != (c->exit_cr3 & ~0xfffULL))
			continue;
		if (s->mfn == v->root.v)
			return;
		if (mm_root_get(v->dom, MFN(s->mfn)))
			core_panic("cached root %llx is not valid", s->mfn);
		mm_root_put(v->dom, v->root);
		v->root = MFN(s->mfn);
		s->stamp = ++c->root_stamp;
		return;
	}
	core_panic("exit with unknown CR3 %llx", c->exit_cr3);
}

void roots_update(struct domain *d, mfn_t l4, unsigned int idx, u64 val)
{
	unsigned int i;

	(void)d;
	for (i = 0; i < HV_MAX_CORES; i++) {
		struct pcore *c = hv.cores[i];
		struct root_slot *s;

		if (!c)
			continue;
		corelock_lock(&c->roots_lock);
		s = roots_find(c, l4.v);
		if (s)
			__atomic_store_n(&s->copy[idx], val, __ATOMIC_RELAXED);
		corelock_unlock(&c->roots_lock);
	}
}

/* Is this copy loaded right now?  Only the core's current vCPU can have it in CR3. */
static bool roots_in_use(struct pcore *c, const struct root_slot *s)
{
	struct vcpu *v = c->current_vcpu;

	return v && v->dom == s->dom && (c != this_core() ? c->in_guest : v->root.v == s->mfn);
}

void roots_evict(struct domain *d, mfn_t l4)
{
	unsigned int i;

	for (i = 0; i < HV_MAX_CORES; i++) {
		struct pcore *c = hv.cores[i];
		struct root_slot *s;
		bool drop = false;

		if (!c)
			continue;
		corelock_lock(&c->roots_lock);
		s = roots_find(c, l4.v);
		if (s && !roots_in_use(c, s)) {
			s->mfn = ROOT_FREE;
			drop = true;
		}
		corelock_unlock(&c->roots_lock);
		if (drop) {
			if (c == this_core() && c->current_vcpu && c->current_vcpu->dom == d &&
			    roots_find(c, c->current_vcpu->root.v))
				roots_publish(c, c->current_vcpu);
			mm_root_put(d, l4);
		}
	}
}

void roots_forget(struct pcore *c, struct domain *d)
{
	int i;

	for (i = 0; i < PCORE_ROOTS; i++) {
		struct root_slot *s = &c->roots[i];
		u64 mfn = s->mfn;

		if (mfn == ROOT_FREE || s->dom != d)
			continue;
		corelock_lock(&c->roots_lock);
		s->mfn = ROOT_FREE;
		corelock_unlock(&c->roots_lock);
		mm_root_put(d, MFN(mfn));
	}
}
