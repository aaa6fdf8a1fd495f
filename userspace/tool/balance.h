/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The automatic policy of memory: who shall have how much, by what the guests report.
 * Pure: numbers in, targets out; all amounts in frames of 4 KiB.
 */
#ifndef PVHV_TOOL_BALANCE_H
#define PVHV_TOOL_BALANCE_H

#include <stdint.h>

#define BALANCE_MAX_GUESTS	1024

/* What is known of a guest at one step. */
struct balance_guest {
	unsigned int id;
	uint64_t now, target, max;
	uint64_t available, refaults, reports;	/* its own reports; refaults and reports count on */
	uint64_t run_ns;			/* its vCPUs' virtual time; counts on */
	uint64_t wanted;			/* out: its new target */
};

struct balance_host {
	uint64_t available, floor;
};

struct balance_config {
	uint64_t guest_floor;	/* no guest is made smaller than this, or than a quarter of its maximum */
	uint64_t host_margin;	/* dom0 keeps so much above its floor */
};

/* What is remembered of a guest between steps. */
struct balance_memory {
	unsigned int id;	/* 0 = free */
	uint64_t refaults, reports;
	uint64_t run_ns;	/* at its last report */
	unsigned int calm;	/* steps without pressure */
	unsigned int rest;	/* steps to wait before it is made smaller again */
	int seen;		/* in this step */
};

struct balance_state {
	struct balance_memory guest[BALANCE_MAX_GUESTS];
};

/* One step: sets wanted of all n guests; those that shall keep their target keep it. */
void balance_step(struct balance_state *state, const struct balance_config *config,
		  const struct balance_host *host, struct balance_guest *guests, unsigned int n);

#endif
