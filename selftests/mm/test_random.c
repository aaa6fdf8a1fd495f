// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations on a few frames that are tables, data and I/O buffers by
 * turns: one vCPU with an audit after each step, then three at once with a host
 * thread, audited when they rest.  The fake processor complains when a
 * guest writes a page table or walks what is none.
 */
#include <time.h>
#include "tests.h"

extern unsigned int test_seed, test_seconds;

/* gfns R_BASE.. : a few that like to be L4s, L3s, L2s, L1s, data */
#define R_BASE	FAKE_FREE_GFN
#define R_EACH	4
#define R_KINDS	5
#define R_NR	(R_EACH * R_KINDS)
#define R_IO	16

struct rnd {
	u64 state;
	struct vcpu *v;
	u64 stores, faults, ok, refused, again;
};

static u64 rnd(struct rnd *r, u64 n)
{
	r->state = r->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (r->state >> 33) % n;
}

static u64 rnd_gfn(struct rnd *r)
{
	return R_BASE + rnd(r, R_NR);
}

/* kind 0: data, 1-4: level */
static u64 rnd_gfn_of(struct rnd *r, unsigned int kind)
{
	if (!rnd(r, 16))
		return rnd(r, 8) ? rnd_gfn(r) : rnd(r, R_BASE);
	return R_BASE + kind * R_EACH + rnd(r, R_EACH);
}

static unsigned int rnd_slot(struct rnd *r)
{
	return rnd(r, 8) ? rnd(r, 3) : rnd(r, 512);
}

/* An entry that a table of that level could hold, mostly. */
static u64 rnd_entry(struct rnd *r, unsigned int level)
{
	u64 flags = PTE_P | PTE_A, child;

	if (!rnd(r, 3))
		return rnd(r, 2) ? 0 : rnd(r, rnd(r, 8) ? 1 << 7 : 1 << 20) & ~PTE_P;
	if (!rnd(r, 60))
		return (rnd(r, 2) ? rnd(r, FAKE_FRAMES + 9) : rnd(r, ~0U)) << 12 | PTE_P | rnd(r, 2) * PTE_RW;
	child = rnd_gfn_of(r, level - 1);
	if (level > 1 || rnd(r, 2))
		flags |= PTE_RW;
	if (!rnd(r, 100))
		flags |= 1ULL << (rnd(r, 2) ? rnd(r, 12) : 52 + rnd(r, 12));
	return fake_pte(r->v->dom, child, flags & ~PTE_G);
}

static unsigned int gfn_level(u64 gfn)
{
	unsigned int kind = (gfn - R_BASE) / R_EACH;

	return kind ? kind : 1;
}

static void do_native(struct rnd *r)
{
	u64 gfn = rnd_gfn(r), va = fake_va(r->v->dom, gfn) + rnd_slot(r) * 8;

	if (!rnd(r, 4))
		va = rnd(r, 3) << 12 | rnd(r, 3) << 21 | rnd(r, 3) << 30 | rnd(r, 3) << 39;
	if (fake_store(r->v, va, rnd_entry(r, gfn_level(gfn))))
		r->faults++;
	else
		r->stores++;
}

/* One operation, or a slice of one. */
static long do_op(struct rnd *r)
{
	struct vcpu *v = r->v;
	struct domain *d = v->dom;
	u64 gfn = rnd_gfn(r);
	struct pvhv_mmu_update u;

	switch (rnd(r, 16)) {
	case 0:
		return mm_pin(v, fake_mfn(d, rnd_gfn_of(r, 4)));
	case 1:
		return mm_unpin(v, fake_mfn(d, rnd_gfn_of(r, 4)));
	case 2:
		return fake_load(v, fake_mfn(d, rnd(r, 3) ? rnd_gfn_of(r, 4) : 0));
	case 3:
		/* the direct map's own entry, there and gone */
		return mmu_update_va(v, fake_va(d, gfn), rnd(r, 3) ?
				     fake_pte(d, gfn, PTE_P | rnd(r, 2) * PTE_RW) : 0);
	case 4:
		return mmu_update_va(v, rnd(r, 3) << 12 | rnd(r, 2) << 39, rnd_entry(r, 1));
	default:
		u.ptr = fake_mfn(d, gfn).v * HV_PAGE_SIZE + rnd_slot(r) * 8 +
			(rnd(r, 2) ? 0 : rnd(r, 5));
		u.val = rnd_entry(r, gfn_level(gfn));
		return fake_update_once(v, &u);
	}
}

/* Gives each L4 the running root's direct map, as a guest does. */
static void add_kernel_half(struct domain *d)
{
	unsigned int i, slot = pte_index(d->directmap_va, 4);

	for (i = 0; i < R_EACH; i++)
		fake_page(d, R_BASE + 4 * R_EACH + i)[slot] = fake_page(d, 0)[slot];
}

static void do_step(struct rnd *r)
{
	long ret;

	if (!rnd(r, 3)) {
		do_native(r);
		return;
	}
	ret = do_op(r);
	if (ret == MM_AGAIN)
		r->again++;
	else if (ret)
		r->refused++;
	else
		r->ok++;
	if (rnd(r, 2))
		mmu_update_end(r->v);
}

static void report(const char *who, const struct rnd *r)
{
	printf("# %s: %llu done, %llu refused, %llu preempted, %llu stores, %llu page faults\n", who,
	       r->ok, r->refused, r->again, r->stores, r->faults);
}

/* All that a refused operation must leave as it was. */
struct state {
	u64 words[1024];
	u64 pages[R_NR + R_BASE][512];
	u64 op_kind;
	int exact;
};

/*
 * A frame that the guest made read-only in its direct map itself comes back
 * writable when it turns out to be no valid table: the only change that a refused operation may make.
 */
static int aliases_plain(struct domain *d)
{
	u64 i, *l1 = fake_page(d, 3);

	for (i = R_BASE; i < R_BASE + R_NR; i++) {
		if ((l1[i] & PTE_P) && !(l1[i] & PTE_RW) && !(fake_frame(d, i)->word & FW_TYPE))
			return 0;
	}
	return 1;
}

static void state_take(struct domain *d, struct state *s)
{
	u64 g;

	s->op_kind = d->mm_op.kind;
	s->exact = aliases_plain(d);
	for (g = 0; g < d->max_pages; g++)
		s->words[g] = fake_frame(d, g)->word;
	for (g = 0; g < R_NR + R_BASE; g++)
		memcpy(s->pages[g], fake_page(d, g), 4096);
}

static int state_same(struct domain *d, const struct state *s)
{
	u64 g;

	for (g = 0; g < d->max_pages; g++) {
		if (s->words[g] != fake_frame(d, g)->word)
			return 0;
	}
	for (g = 0; g < R_NR + R_BASE; g++) {
		if (memcmp(s->pages[g], fake_page(d, g), 4096))
			return 0;
	}
	return 1;
}

void test_random(void)
{
	static struct state before;
	struct domain *d = fake_started(1, 1024, 1);
	struct rnd r = { .state = test_seed, .v = d->vcpu[0] };
	time_t end = time(NULL) + test_seconds;
	u64 n, old_refused;
	int old = fake_slice;

	add_kernel_half(d);
	for (n = 0; !fake_failed && (n < 5000 || time(NULL) < end); n++) {
		if (n % 100 == 0)
			fake_slice = rnd(&r, 2) ? old : (int)rnd(&r, 600) + 1;
		state_take(d, &before);
		old_refused = r.refused;
		do_step(&r);
		if (r.refused != old_refused && !before.op_kind && !d->mm_op.kind && before.exact)
			CHECK(state_same(d, &before));
		if (fake_audit(d)) {
			CHECK(!"audit");
			printf("# seed %u, step %llu\n", test_seed, n);
		}
	}
	fake_slice = old;
	report("random", &r);
	CHECK(r.ok > 100 && r.refused > 100 && r.again > 10 && r.stores > 100 && r.faults > 10);
	fake_free(d);
}

static int threads_stop;

static void *vcpu_thread(void *arg)
{
	struct rnd *r = arg;
	int i;

	for (i = 0; i < 2000 && !fake_failed; i++)
		do_step(r);
	return NULL;
}

/* The host's I/O on the same frames; a write of data as a device does it. */
static void *host_thread(void *arg)
{
	struct rnd *r = arg;
	struct domain *d = r->v->dom;
	struct { struct frame *f; int write; } held[R_IO] = { { 0 } };
	unsigned int i;

	while (!__atomic_load_n(&threads_stop, __ATOMIC_RELAXED)) {
		unsigned int k = rnd(r, R_IO);

		if (held[k].f) {
			frame_put_io(held[k].f, held[k].write);
			held[k].f = NULL;
			continue;
		}
		i = rnd_gfn(r);
		held[k].write = rnd(r, 2);
		if (frame_get_io(fake_frame(d, i), d->id, held[k].write))
			continue;
		held[k].f = fake_frame(d, i);
		if (held[k].write)
			__atomic_store_n(&fake_page(d, i)[rnd(r, 3)], 0, __ATOMIC_RELAXED);
	}
	for (i = 0; i < R_IO; i++) {
		if (held[i].f)
			frame_put_io(held[i].f, held[i].write);
	}
	return NULL;
}

static void run_threads(struct rnd *r, struct rnd *host)
{
	pthread_t t[3], h;
	int i;

	__atomic_store_n(&threads_stop, 0, __ATOMIC_RELAXED);
	pthread_create(&h, NULL, host_thread, host);
	for (i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, vcpu_thread, &r[i]);
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	/* with the host still at work */
	CHECK_EQ(fake_audit(host->v->dom), 0);
	__atomic_store_n(&threads_stop, 1, __ATOMIC_RELAXED);
	pthread_join(h, NULL);
	CHECK_EQ(fake_audit(host->v->dom), 0);
}

/* Each of the three has met enough of everything for the audit's word to mean something. */
static bool threads_covered(const struct rnd *r)
{
	int i;

	for (i = 0; i < 3; i++)
		if (r[i].ok <= 100 || r[i].refused <= 100 || r[i].stores <= 100)
			return false;
	return true;
}

void test_threads(void)
{
	struct domain *d = fake_started(1, 1024, 3);
	struct rnd r[3], host = { .state = test_seed + 99, .v = d->vcpu[0] };
	time_t end = time(NULL) + test_seconds, late = end + 60;
	int old = fake_slice, i;

	add_kernel_half(d);
	for (i = 0; i < 3; i++)
		r[i] = (struct rnd){ .state = test_seed * 7 + i, .v = d->vcpu[i] };
	while (!fake_failed &&
	       (time(NULL) < end || (!threads_covered(r) && time(NULL) < late))) {
		fake_slice = rnd(&host, 2) ? old : (int)rnd(&host, 600) + 1;
		run_threads(r, &host);
	}
	fake_slice = old;
	for (i = 0; i < 3; i++)
		report("vCPU", &r[i]);
	CHECK(threads_covered(r));
	fake_free(d);
}
