/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What both sides know of the machine: addresses, frames, global state.
 * Side: both (no Linux call in here; data written by the host before any core starts).
 *
 * Memory that a core may touch is mapped in the hypervisor's page tables at the
 * host's own direct-map address, so pointers mean the same on both sides.
 */
#ifndef PVHV_HV_H
#define PVHV_HV_H

#include <linux/types.h>

#define HV_PAGE_SHIFT	12
#define HV_PAGE_SIZE	4096UL
#define HV_PAGE_MASK	(~(HV_PAGE_SIZE - 1))
#define HV_MAX_CORES	64
#define HV_CHUNK_FRAMES	512		/* frames of a region: 2 MiB */

/* Machine frame number, guest frame number: kept apart by the compiler. */
typedef struct { u64 v; } mfn_t;
typedef struct { u64 v; } gfn_t;
#define MFN(x)		((mfn_t){ (x) })
#define GFN(x)		((gfn_t){ (x) })
#define MFN_INVALID	MFN(~0ULL)

struct pcore;
struct frame;

/* Bookkeeping of one aligned 2 MiB region of machine memory, where anything of it is donated. */
struct region {
	struct frame	*frames;	/* [HV_CHUNK_FRAMES], see mm/frame.h */
	u64		*m2p;		/* [HV_CHUNK_FRAMES], gfn or ~0; guests see this page in the M2P window */
};

struct hv_state {
	u64		directmap;	/* host's PAGE_OFFSET: virtual = physical + this */
	u64		max_mfn;	/* frame numbers below this may exist */
	struct region	*regions;	/* [nr_regions]; frames == NULL where nothing is donated */
	u64		nr_regions;	/* max_mfn / 512, rounded up */
	u64		tsc_khz;
	u64		ns_mult;	/* nanoseconds per TSC tick, 32.32 */
	u32		sched_policy;	/* SCHED_POLICY_*, see sched/state.h */
	u64		xcr0;		/* extended state that guests may use */
	u32		xsave_size;	/* bytes of an XSAVE area (standard format) for xcr0 */
	u32		x2apic;		/* the cores' APICs are in x2APIC mode */
	u32		ibpb;		/* the CPU can forget what it predicts indirect branches from */
	u32		verw;		/* it has to be told to clear its buffers (MDS and its kin), by VERW */
	u32		la57;		/* the host has five levels of page tables, and so have the cores */
	u64		apic_va;	/* xAPIC page */
	u64		gate_text_pa;	/* copy of the gate's code */
	u32		gate_text_pages;
	u64		m2p_l3_pa;	/* L3 table of the M2P window (slot 259) */
	struct pcore	*cores[HV_MAX_CORES];	/* taken cores; NULL = free */
	u32		up[HV_MAX_CORES];	/* names of those that run; host; 0: a core that stopped itself */
};
extern struct hv_state hv;

static inline u64 hv_ns(u64 tsc)
{
	/* in halves: a TSC below 1 GHz would overflow the lower one, there is none */
	return (tsc >> 32) * hv.ns_mult + ((tsc & 0xffffffff) * hv.ns_mult >> 32);
}

static inline void *hv_va(u64 pa)
{
	return (void *)(hv.directmap + pa);
}

/* Only for memory of the direct map (all that is donated), not for the module's own text and data. */
static inline u64 hv_pa(const void *va)
{
	return (u64)va - hv.directmap;
}

static inline void *mfn_va(mfn_t m)
{
	return hv_va(m.v << HV_PAGE_SHIFT);
}

#endif /* PVHV_HV_H */
