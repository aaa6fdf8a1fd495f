/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the scheduler keeps in a vCPU, in a core, and in a domain.
 * Side: both (types only).  Each field names its writer.
 */
#ifndef PVHV_SCHED_STATE_H
#define PVHV_SCHED_STATE_H

#include "heap.h"

struct vcpu;

#define SCHED_POLICY_BVT	0
#define SCHED_POLICY_RR		1
#define SCHED_NR_POLICIES	2

#define SCHED_WEIGHT_ONE	256	/* the default; virtual time passes as real time does */
#define SCHED_WEIGHT_MAX	65535
#define SCHED_WARP_MAX_US	10000000

/* Of a domain; the host changes them word by word while cores read. */
struct sched_params {
	u32	weight;		/* 1 .. SCHED_WEIGHT_MAX, of each vCPU; 0 counts as the default */
	u32	cap;		/* per cent of a core for all vCPUs together; 0 = none */
	u32	warp;		/* BVT's warp is on */
	u32	warp_us;	/* warp value, in virtual microseconds */
	u32	warp_limit_us;	/* longest run while warped; 0 = no limit */
	u32	unwarp_us;	/* least time between two warps */
};

/* Of a domain: what its vCPUs have run of its cap; any core that has one of them. */
struct sched_cap {
	u64	start;		/* of this period, TSC */
	u64	used;		/* TSC ticks */
};

/* Of a vCPU: the core's whose queue it is on, but for allowed. */
struct sched_vcpu {
	u64	allowed;	/* host: Linux CPU numbers it may run on; 0 = any */
	struct vcpu *wake_next;	/* whoever puts it on a wake list, see wake.h */
	struct vcpu *prev, *next;	/* all vCPUs of the core */
	u32	attached;	/* on that list */
	u32	counted;	/* its weight in the core's load; 0 = it does not want to run, or its cap is used up */
	u32	poll;		/* port + 1 that it sleeps for whatever is masked; 0 = none */
	u32	pad;
	struct heap_node ready;	/* the policy's order */
	struct heap_node warped;	/* bvt.c */
	struct heap_node timer;	/* vcpu.timer */
	struct heap_node parked;	/* until its cap allows more */
	u64	avt;		/* actual virtual time, or how far ahead while between two cores; bvt.c */
	u64	ran;		/* TSC ticks since it came on */
	u32	is_warped, yielded;
	u64	warp_used, warp_end;	/* run while warped; when it began to be unwarped, or ran last */
	u64	served;		/* service per weight; how far ahead of others while it does not want to run; share.c */
	u64	migrations;
};

/* Of a core: its own, but for wake_list, steal and coming. */
struct sched_core {
	struct vcpu *wake_list;	/* anybody pushes, the core takes all: see wake.h */
	u64	steal;		/* idle cores set the bit of their index; this core takes all */
	u64	load;		/* sum of counted; others read */
	u32	nr_ready;	/* that wait; others read */
	u32	closed;		/* host: takes no more vCPUs */
	u32	partner;	/* index of the core that was compared with last */
	u32	coming;		/* vCPUs that others hand over; they add, this core takes off as it takes one in */
	struct vcpu *all;	/* all vCPUs */
	struct vcpu *cur;	/* runs, or ran last and goes on unless another is better; in no heap */
	struct heap ready, warped, timers, parked;
	u64	mean, mean_at;	/* of served, and when; others read; share.c */
	u64	look_at;	/* TSC of the last comparison with others */
	u64	svt;		/* scheduler virtual time; bvt.c */
	u64	turn;		/* rr.c */
	u64	last_tick;	/* TSC of the last timer interrupt that found something due */
	u64	balance_at, ask_at;	/* TSC */
	u64	decisions, moved;
};

#endif /* PVHV_SCHED_STATE_H */
