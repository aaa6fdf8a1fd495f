/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Domains and vCPUs as both sides see them.
 * Side: both.  Each field names its writer.  Allocated by the host in memory
 * that the cores map; freed after no core knows it any more.
 */
#ifndef PVHV_DOMAIN_H
#define PVHV_DOMAIN_H

#include "hv.h"
#include "pcore.h"
#include "corelock.h"
#include <pvhv/abi_assert.h>
#include <pvhv/ioctl.h>

/* The guest's registers; the order is that of arch/x86/gate_text.S. */
struct regs {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector;		/* why the guest was left: a vector or EXIT_* */
	u64 error;
	u64 rip, cs, rflags, rsp, ss;
};

/* vCPU run states; changed by its core */
#define VCPU_DOWN	0	/* not started, or offline */
#define VCPU_READY	1
#define VCPU_RUNNING	2
#define VCPU_BLOCKED	3

/* vcpu.init */
#define VCPU_INIT_NONE	0
#define VCPU_INIT_BUSY	1
#define VCPU_INIT_READY	2

struct vcpu {
	struct domain	*dom;
	u32		id;
	u32		state;		/* VCPU_* */
	struct pcore	*core;		/* whose queue it is on; the host, before VCPU_ADD and after VCPU_REMOVE, else the core that hands it over */
	struct sched_vcpu sched;	/* see sched/state.h */

	struct regs	regs;		/* while not in the guest; core */
	struct pvhv_vcpu_page *page;	/* shared with the guest */
	void		*args;		/* the argument page, shared with the guest */
	struct vcpu_ro	*ro;		/* arch/x86/gate.h: what the gate reads, guest read-only */
	void		*xsave;		/* 64-byte aligned */

	/* saved at vCPU switch; core */
	u64		fs_base, gs_base;
	u16		sel[4];		/* DS, ES, FS, GS */
	u64		xcr0;
	u32		tsc_aux;
	u64		dr[8];		/* 0-3, 6, 7 */
	u64		tls[PVHV_TLS_COUNT];
	u64		df_stack;
	mfn_t		root;		/* guest L4 with a reference held for 'loaded' */

	/*
	 * VCPU_OP_INIT: registers for the next start, until the core that runs it takes
	 * them (vcpu_take_init).  Whoever changes init to BUSY writes boot, others keep off.
	 */
	u32		init;		/* VCPU_INIT_* */
	struct pvhv_vcpu_init boot;	/* with a reference on its root while init is READY */

	u64		timer;		/* one-shot deadline, TSC; ~0 = off */
	u32		wake;		/* VCPU_WAKE_*, anybody; see sched/wake.h */
	u32		injected;	/* nested faults during one delivery, for double fault detection */

	/* long operation under way, see mm/; the core's */
	struct {
		u64	op;		/* 0 = none */
		u64	mfn;
		u64	pos[5];		/* position in the tree, by level */
		u64	state;
		u64	batch;		/* entries of MMU_UPDATE that are done */
		u64	nr, rip, rsp;	/* the hypercall that batch belongs to */
	} cont;

	u32		mm_flush;	/* an update took something away: see mmu_update_end() */

	/* accounting; core */
	u64		run_tsc, ready_tsc, blocked_tsc, stamp;
	u64		switches, exits, hypercalls, faults, events;
	u64		hc_count[PVHV_NR_HC];
};

/*
 * The domain's long page-table operation, see mm/op.h; core, under mm_lock.
 * Any vCPU that needs the place finishes what it finds here first, so work that its
 * vCPU never comes back to is not left half done.
 */
struct mm_op {
	u32	kind;		/* MM_OP_*; 0 = none */
	u32	phase;		/* MM_PHASE_* */
	u32	top, level;	/* of the tree, of the table at work */
	u64	mfn[5];		/* tables from top down to level, by level */
	u32	index[5];	/* entries [0, index) of them hold references */
	u64	table, val;	/* MM_OP_SET: where val goes when the tree below it is valid */
	u32	slot;
	u32	pad;
	s64	result;		/* of the last operation */
	u64	seq;		/* counts operations */
};

/* State and result of an audit; the host clears it before the first slice, core, see mm/audit.h */
struct domain_audit {
	u32	part;		/* AUDIT_* */
	u32	pool_at;	/* mfn + 1 of the pool's next */
	u64	pos;		/* where the part goes on */
	u64	frames, tables, differences, first_mfn;
	char	msg[PVHV_MSG_MAX];
};

struct domain {
	u32		id;		/* 1, 2, ...; never reused while the module is loaded */
	u32		state;		/* PVHV_DOM_ST_*; host, but RUNNING -> ENDED by a core (domain_kill, shutdown) */
	u32		reason;		/* PVHV_END_*; core or host, before state */
	u32		nr_vcpus;
	struct vcpu	*vcpu[PVHV_MAX_VCPUS];
	char		name[PVHV_NAME_MAX];
	char		msg[PVHV_MSG_MAX];	/* why it ended; before state */

	struct sched_params sched;	/* host */
	struct sched_cap cap;		/* atomic; cores */
	u64		cores_seen;	/* cores by index that have known it; who adds or hands over a vCPU, host clears */
	struct corelock	mm_lock;	/* page-table operations of this domain (both sides) */
	u64		max_pages;	/* gfns 0 .. max_pages - 1 exist (holes are ~0 in the P2M) */
	u64		nr_pages;	/* frames that it has; host, from the start on core under mm_lock */
	u64		target;		/* frames that it may have, <= max_pages; host */
	u64		**p2m;		/* p2m[gfn >> 9][gfn & 511] = mfn or ~0 */
	u64		p2m_l3_pa;	/* L3 of window slot 257 (guest read-only) */
	u64		shared_l3_pa;	/* L3 of window slot 258 */
	void		*shared[PVHV_NR_SHARED_PAGES];
	u64		directmap_va;	/* of the guest; set at start */
	u64		nr_pinned;	/* core */
	struct mm_op	mm_op;
	u32		mm_dirty;	/* an entry was taken away since the last full flush; core, under mm_lock */
	u64		mm_teardown_gfn;	/* mm_teardown(): frames below it are not pinned; core */
	u64		nr_pool;	/* frames given back or to be taken, see mm/balloon.h; both sides, under mm_lock */
	u32		pool_head;	/* mfn + 1 of the first */
	u64		**audit_scratch;	/* as p2m: a zeroed u64 for each gfn; host, for the time of an audit */

	u64		notify[PVHV_NR_PORTS / 64];	/* core sets bits; host takes them */
	u8		port_vcpu[PVHV_NR_PORTS];	/* binding */

	/* initial registers for PCORE_CMD_START; host */
	u64		start_rip, start_rsp, start_rsi, start_root;
	struct domain_audit audit;
	u64		hv_pages;	/* pages that the hypervisor and host spent on it; host */
	void		*host;		/* struct hostdom of the host side */
};

static inline u64 domain_p2m(const struct domain *d, gfn_t g)
{
	if (g.v >= d->max_pages)
		return ~0ULL;
	return d->p2m[g.v >> 9][g.v & 511];
}

#endif /* PVHV_DOMAIN_H */
