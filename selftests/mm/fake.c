// SPDX-License-Identifier: GPL-2.0
/*
 * The fake machine: see fake.h.  Stands in for arch/x86 (TLB flush, cached
 * roots, panic) and for the host (donation, builder).
 */
#include <stdarg.h>
#include "fake.h"
#include "arch/x86/lockorder.h"
#include "arch/x86/log.h"
#include "arch/x86/roots.h"
#include "arch/x86/tlb.h"

struct hv_state hv;
struct fake_cpu fake_cpus[FAKE_VCPUS];
u64 fake_flushes;
int fake_slice = 4096 * MM_COST_ENTRY;
int fake_failed;

static u64 *fake_memory;
static u8 *fake_used;
static struct frame *fake_table;
static u64 *fake_m2p;

/* ---- arch ---- */

void tlb_flush_domain(struct domain *d)
{
	unsigned int i;

	__atomic_fetch_add(&fake_flushes, 1, __ATOMIC_RELAXED);
	for (i = 0; i < d->nr_vcpus; i++) {
		pthread_mutex_lock(&fake_cpus[i].lock);
		memset(&fake_cpus[i].cache, 0, sizeof(fake_cpus[i].cache));
		pthread_mutex_unlock(&fake_cpus[i].lock);
	}
}

void core_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\nBail out! the core panics\n");
	abort();
}

__thread u32 fake_name = HV_MAX_CORES;	/* core 0 */

u32 core_name(void)
{
	return fake_name;
}

__thread u32 fake_locks;

void core_locks(u32 lock)
{
	if (!lockorder_take(&fake_locks, lock))
		core_panic("lock %u is wanted by a core that has %u", lock, fake_locks);
}

void core_unlocks(u32 lock)
{
	fake_locks &= ~lock;
}

bool core_waits_in_vain(u32 name)
{
	return __atomic_load_n(&hv.up[name % HV_MAX_CORES], __ATOMIC_ACQUIRE) != name;
}

void domain_kill(struct domain *d, u32 reason, const char *fmt, ...)
{
	d->reason = reason;
}

void roots_update(struct domain *d, mfn_t l4, unsigned int idx, u64 val)
{
	unsigned int i, j;

	for (i = 0; i < HV_MAX_CORES; i++) {
		for (j = 0; hv.cores[i] && j < PCORE_ROOTS; j++) {
			struct root_slot *s = &hv.cores[i]->roots[j];

			if (s->dom == d && s->mfn == l4.v)
				__atomic_store_n(&s->half[idx >> 8][idx], val, __ATOMIC_SEQ_CST);
		}
	}
}

void roots_evict(struct domain *d, mfn_t l4)
{
	unsigned int i, j;

	for (i = 0; i < HV_MAX_CORES; i++) {
		for (j = 0; hv.cores[i] && j < PCORE_ROOTS; j++) {
			struct root_slot *s = &hv.cores[i]->roots[j];

			if (s->dom != d || s->mfn != l4.v)
				continue;
			s->mfn = ~0ULL;
			mm_root_put(d, l4);
		}
	}
}

/* ---- host ---- */

void fake_machine(void)
{
	u64 r, nr = FAKE_FRAMES / HV_CHUNK_FRAMES;
	int i;

	fake_memory = aligned_alloc(HV_PAGE_SIZE, FAKE_FRAMES * HV_PAGE_SIZE);
	fake_table = aligned_alloc(4096, FAKE_FRAMES * sizeof(*fake_table));
	memset(fake_table, 0, FAKE_FRAMES * sizeof(*fake_table));
	fake_m2p = malloc(FAKE_FRAMES * 8);
	fake_used = calloc(FAKE_FRAMES, 1);
	memset(fake_memory, 0, FAKE_FRAMES * HV_PAGE_SIZE);
	memset(fake_m2p, 0xff, FAKE_FRAMES * 8);
	hv.directmap = (u64)fake_memory;
	hv.up[0] = HV_MAX_CORES;
	hv.max_mfn = FAKE_FRAMES;
	hv.nr_regions = nr;
	hv.regions = calloc(nr, sizeof(*hv.regions));
	for (r = 0; r < nr; r++) {
		if (r == FAKE_HOLE)
			continue;
		hv.regions[r].frames = fake_table + r * HV_CHUNK_FRAMES;
		hv.regions[r].m2p = fake_m2p + r * HV_CHUNK_FRAMES;
	}
	for (i = 0; i < FAKE_VCPUS; i++)
		pthread_mutex_init(&fake_cpus[i].lock, NULL);
	hv.cores[0] = calloc(1, sizeof(struct pcore));
	for (i = 0; i < PCORE_ROOTS; i++) {
		hv.cores[0]->roots[i].mfn = ~0ULL;
		hv.cores[0]->roots[i].half[0] = hv.cores[0]->roots[i].half[1] = calloc(512, 8);
	}
}

mfn_t fake_mfn(struct domain *d, u64 gfn)
{
	return MFN(domain_p2m(d, GFN(gfn)));
}

u64 *fake_page(struct domain *d, u64 gfn)
{
	return mfn_va(fake_mfn(d, gfn));
}

struct frame *fake_frame(struct domain *d, u64 gfn)
{
	return frame_lookup(fake_mfn(d, gfn));
}

u64 fake_pte(struct domain *d, u64 gfn, u64 flags)
{
	return fake_mfn(d, gfn).v << HV_PAGE_SHIFT | flags;
}

static u64 fake_take_mfn(u32 owner, u64 gfn)
{
	u64 m;

	do {
		m = rand() % FAKE_FRAMES;
	} while (fake_used[m] || m / HV_CHUNK_FRAMES == FAKE_HOLE);
	fake_used[m] = 1;
	fake_table[m] = (struct frame){ .owner = owner };
	fake_m2p[m] = gfn;
	memset(mfn_va(MFN(m)), 0, HV_PAGE_SIZE);
	return m;
}

/* gfn 0: L4, 1: L3, 2: L2, 3...: L1s of the direct map; these are mapped read-only. */
static void fake_build(struct domain *d)
{
	unsigned int slot = pte_index(d->directmap_va, 4);
	u64 nr_l1 = (d->max_pages + 511) / 512, g;

	fake_page(d, 0)[slot] = fake_pte(d, 1, FAKE_TABLE & ~PTE_US);
	fake_page(d, 1)[0] = fake_pte(d, 2, FAKE_TABLE);
	for (g = 0; g < nr_l1; g++)
		fake_page(d, 2)[g] = fake_pte(d, 3 + g, FAKE_TABLE);
	for (g = 0; g < d->max_pages; g++) {
		u64 flags = g < 3 + nr_l1 ? FAKE_LEAF & ~PTE_RW : FAKE_LEAF;

		fake_page(d, 3 + g / 512)[g % 512] = fake_pte(d, g, flags | PTE_NX);
	}
}

struct domain *fake_domain(u32 id, u64 nr_pages)
{
	struct domain *d = calloc(1, sizeof(*d));
	u64 n = (nr_pages + 511) / 512, i;

	d->id = id;
	d->nr_pages = d->max_pages = d->target = nr_pages;
	d->directmap_va = PVHV_DIRECTMAP_VA;
	d->p2m = calloc(n, sizeof(u64 *));
	d->audit_scratch = calloc(n, sizeof(u64 *));
	for (i = 0; i < n; i++) {
		d->p2m[i] = aligned_alloc(4096, 4096);
		memset(d->p2m[i], 0xff, 4096);
		d->audit_scratch[i] = aligned_alloc(4096, 4096);
	}
	for (i = 0; i < nr_pages; i++)
		d->p2m[i / 512][i % 512] = fake_take_mfn(id, i);
	fake_build(d);
	return d;
}

long fake_start(struct domain *d, mfn_t m)
{
	long ret;

	do {
		ret = mm_start(d, m);
	} while (ret == MM_AGAIN);
	return ret;
}

struct domain *fake_started(u32 id, u64 nr_pages, unsigned int nr_vcpus)
{
	struct domain *d = fake_domain(id, nr_pages);
	unsigned int i;

	CHECK_EQ(fake_start(d, fake_mfn(d, 0)), 0);
	d->nr_vcpus = nr_vcpus;
	for (i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = calloc(1, sizeof(*v));

		v->dom = d;
		v->id = i;
		v->root = fake_mfn(d, 0);
		CHECK_EQ(mm_root_get(d, v->root), 0);
		d->vcpu[i] = v;
	}
	tlb_flush_domain(d);
	return d;
}

static u64 all_refs(struct domain *d)
{
	u64 i, n = 0;

	for (i = 0; i < d->max_pages; i++)
		if (fake_mfn(d, i).v != ~0ULL)
			n += FW_REFS(fake_table[fake_mfn(d, i).v].word);
	return n;
}

/* Entries drop a reference each: their number in a call is bounded (F2). */
void fake_free(struct domain *d)
{
	long ret;
	u64 i;

	for (i = 0; i < d->nr_vcpus; i++) {
		mm_root_put(d, d->vcpu[i]->root);
		d->vcpu[i]->root = MFN_INVALID;
	}
	do {
		i = all_refs(d);
		ret = mm_teardown(d);
		CHECK((s64)(i - all_refs(d)) <= 4096);
	} while (ret == MM_AGAIN);
	CHECK_EQ(mm_teardown(d), 0);
	CHECK_EQ(d->nr_pinned, 0);
	for (i = 0; i < d->max_pages; i++) {
		u64 m = fake_mfn(d, i).v;

		if (m == ~0ULL)
			continue;	/* given back: its frame stays used up */
		CHECK_EQ(fake_table[m].word, 0);
		CHECK_EQ(fake_table[m].io, 0);
		fake_table[m].owner = 0;
		fake_used[m] = 0;
		fake_m2p[m] = ~0ULL;
	}
	for (i = 0; i < (d->max_pages + 511) / 512; i++) {
		free(d->p2m[i]);
		free(d->audit_scratch[i]);
	}
	for (i = 0; i < d->nr_vcpus; i++)
		free(d->vcpu[i]);
	free(d->p2m);
	free(d->audit_scratch);
	free(d);
}

/* ---- guest ---- */

long fake_update_once(struct vcpu *v, const struct pvhv_mmu_update *u)
{
	u64 done = 0;

	return mmu_update(v, u, &done, 1);
}

long fake_update(struct vcpu *v, mfn_t table, unsigned int slot, unsigned int cmd, u64 val)
{
	struct pvhv_mmu_update u = { .ptr = table.v * HV_PAGE_SIZE + slot * 8 + cmd, .val = val };
	long ret;

	do {
		ret = fake_update_once(v, &u);
	} while (ret == MM_AGAIN);
	mmu_update_end(v);
	return ret;
}

long fake_set(struct vcpu *v, u64 table_gfn, unsigned int slot, u64 val)
{
	return fake_update(v, fake_mfn(v->dom, table_gfn), slot, PVHV_MMU_SET, val);
}

long fake_pin(struct vcpu *v, mfn_t m)
{
	long ret;

	do {
		ret = mm_pin(v, m);
	} while (ret == MM_AGAIN);
	return ret;
}

long fake_unpin(struct vcpu *v, mfn_t m)
{
	long ret;

	do {
		ret = mm_unpin(v, m);
	} while (ret == MM_AGAIN);
	return ret;
}

long fake_load(struct vcpu *v, mfn_t m)
{
	long ret = mm_root_get(v->dom, m);
	mfn_t old = v->root;

	if (ret)
		return ret;
	pthread_mutex_lock(&fake_cpus[v->id].lock);
	v->root = m;
	memset(&fake_cpus[v->id].cache, 0, sizeof(fake_cpus[v->id].cache));
	pthread_mutex_unlock(&fake_cpus[v->id].lock);
	mm_root_put(v->dom, old);
	return 0;
}

void fake_audit_begin(struct domain *d)
{
	u64 i;

	for (i = 0; i < (d->max_pages + 511) / 512; i++)
		memset(d->audit_scratch[i], 0, 4096);
	d->audit = (struct domain_audit){ 0 };
}

void fake_recount(struct domain *d)
{
	fake_audit_begin(d);
	while (audit_domain(d) == MM_AGAIN)
		;
}

u64 fake_audit(struct domain *d)
{
	fake_recount(d);
	if (d->audit.differences)
		printf("# audit: %llu differences; %s\n", d->audit.differences, d->audit.msg);
	return d->audit.differences;
}

/* One step of a walk as hardware does it: it trusts the table.  0: nothing there. */
static u64 fake_step(struct vcpu *v, mfn_t m, unsigned int level, u64 va, int *rw)
{
	struct frame *f = frame_lookup(m);
	u64 e;

	/* a table may be on its way out (not valid any more), but then the flush is still to come */
	if (!f || frame_owner(f) != v->dom->id || (frame_word(f) & FW_TYPE) != level) {
		printf("# processor walks frame %llx as level %u, word %llx\n", m.v, level,
		       f ? f->word : 0);
		fake_failed++;
		return 0;
	}
	e = pte_read((u64 *)mfn_va(m) + pte_index(va, level));
	if (!(e & PTE_P))
		return 0;
	*rw = *rw && (e & PTE_RW);
	return e;
}

static u64 fake_walk(struct vcpu *v, u64 va, int *rw)
{
	struct fake_cpu *c = &fake_cpus[v->id];
	unsigned int level, i = (va >> 21) % ARRAY_SIZE(c->cache.l1);
	u64 e = v->root.v << HV_PAGE_SHIFT, tag = va >> 21 << 21 | 1;

	if (c->cache.l1[i].va == tag) {
		*rw = c->cache.l1[i].rw;
		return fake_step(v, MFN(c->cache.l1[i].mfn), 1, va, rw);
	}
	*rw = 1;
	for (level = 4; level > 1; level--) {
		e = fake_step(v, pte_mfn(e), level, va, rw);
		if (!e)
			return 0;
	}
	c->cache.l1[i].va = tag;
	c->cache.l1[i].mfn = pte_mfn(e).v;
	c->cache.l1[i].rw = *rw;
	return fake_step(v, pte_mfn(e), 1, va, rw);
}

int fake_store(struct vcpu *v, u64 va, u64 val)
{
	struct fake_cpu *c = &fake_cpus[v->id];
	u64 page = va / HV_PAGE_SIZE * HV_PAGE_SIZE | 1, mfn = ~0ULL;
	struct frame *f;
	unsigned int i;
	int rw = 0;

	pthread_mutex_lock(&c->lock);
	for (i = 0; i < FAKE_TLB; i++) {
		if (c->cache.tlb[i].va == page && c->cache.tlb[i].rw)
			mfn = c->cache.tlb[i].mfn;
	}
	if (mfn == ~0ULL) {
		u64 e = fake_walk(v, va, &rw);

		if (!(e & PTE_P) || !rw) {
			pthread_mutex_unlock(&c->lock);
			return -EFAULT;
		}
		mfn = pte_mfn(e).v;
		i = c->next++ % FAKE_TLB;
		c->cache.tlb[i].va = page;
		c->cache.tlb[i].mfn = mfn;
		c->cache.tlb[i].rw = 1;
	}
	f = frame_lookup(MFN(mfn));
	if ((frame_word(f) & FW_VALID) || frame_owner(f) != v->dom->id) {
		printf("# processor writes frame %llx, word %llx\n", mfn, f->word);
		fake_failed++;
	}
	__atomic_store_n((u64 *)mfn_va(MFN(mfn)) + va % HV_PAGE_SIZE / 8, val, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&c->lock);
	return 0;
}
