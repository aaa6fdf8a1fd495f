/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine for kmod/mm in a program: memory, frame table, domains with the
 * page tables that a builder makes, and processors with TLBs.
 */
#ifndef SELFTESTS_MM_FAKE_H
#define SELFTESTS_MM_FAKE_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "domain.h"
#include "mm/audit.h"
#include "mm/frame.h"
#include "mm/guest_access.h"
#include "mm/mmu.h"
#include "mm/pin.h"
#include "mm/pte.h"

#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))

#define FAKE_FRAMES	8192	/* of the machine: 16 regions */
#define FAKE_HOLE	3	/* this region is not donated */
#define FAKE_TLB	64
#define FAKE_VCPUS	4

/* A processor's TLB: what its guest may still write to, by virtual page. */
struct fake_cpu {
	pthread_mutex_t lock;	/* held while its guest runs: a flush waits for that */
	struct {
		struct { u64 va, mfn; int rw; } tlb[FAKE_TLB];
		/* paging-structure cache: L1 tables by 2 MiB of addresses */
		struct { u64 va, mfn; int rw; } l1[8];
	} cache;
	unsigned int next;
};

extern __thread u32 fake_name;	/* of the core that this thread is */
extern __thread u32 fake_locks;	/* CORE_LOCK_* that it has */
extern struct fake_cpu fake_cpus[FAKE_VCPUS];
extern u64 fake_flushes;
extern u64 fake_frames_free;
extern int fake_slice;		/* MM_SLICE of the code under test */

void fake_machine(void);
/* A built, not yet started domain of nr_pages scattered frames. */
struct domain *fake_domain(u32 id, u64 nr_pages);
/* mm_start in slices, to its end. */
long fake_start(struct domain *d, mfn_t m);
/* fake_domain + fake_start + root loaded in all vCPUs. */
struct domain *fake_started(u32 id, u64 nr_pages, unsigned int nr_vcpus);
void fake_free(struct domain *d);

mfn_t fake_mfn(struct domain *d, u64 gfn);
u64 *fake_page(struct domain *d, u64 gfn);
struct frame *fake_frame(struct domain *d, u64 gfn);
/* A present entry that names a gfn's frame. */
u64 fake_pte(struct domain *d, u64 gfn, u64 flags);
/* First gfn that no builder's table or special page uses; all above are free. */
#define FAKE_FREE_GFN	64
#define FAKE_LEAF	(PTE_P | PTE_RW | PTE_A | PTE_D)
#define FAKE_TABLE	(PTE_P | PTE_RW | PTE_US | PTE_A)

/* One slice of it, without the flush at the end of a call. */
long fake_update_once(struct vcpu *v, const struct pvhv_mmu_update *u);
/* Calls until the result is final. */
long fake_update(struct vcpu *v, mfn_t table, unsigned int slot, unsigned int cmd, u64 val);
long fake_set(struct vcpu *v, u64 table_gfn, unsigned int slot, u64 val);
long fake_pin(struct vcpu *v, mfn_t m);
long fake_unpin(struct vcpu *v, mfn_t m);
long fake_load(struct vcpu *v, mfn_t m);

/* What the host does before the first slice of an audit; and an audit to its end. */
void fake_audit_begin(struct domain *d);
void fake_recount(struct domain *d);
/* Differences found by the audit; prints the first. */
u64 fake_audit(struct domain *d);

/* The processor of vCPU v writes val to va: 0, or -EFAULT (page fault). */
int fake_store(struct vcpu *v, u64 va, u64 val);
/* Direct-map address of a gfn. */
static inline u64 fake_va(struct domain *d, u64 gfn)
{
	return d->directmap_va + gfn * HV_PAGE_SIZE;
}

/* ---- tests ---- */
extern int fake_failed;		/* checks of this test that failed */
#define FAKE_TOLD	20	/* so many are printed */
#define CHECK(x)	do {						\
		if (!(x) && ++fake_failed <= FAKE_TOLD)			\
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #x);\
	} while (0)
#define CHECK_EQ(a, b)	do {						\
		long long a_ = (long long)(a), b_ = (long long)(b);	\
		if (a_ != b_ && ++fake_failed <= FAKE_TOLD)		\
			printf("# %s:%d: %s = %lld (0x%llx), not %s = %lld\n", __FILE__, __LINE__, \
			       #a, a_, a_, #b, b_);			\
	} while (0)

struct test {
	const char *name;
	void (*run)(void);
};

#endif
