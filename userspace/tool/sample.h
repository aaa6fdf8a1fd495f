/* SPDX-License-Identifier: GPL-2.0 */
/* What all guests and cores have used, at two moments, and the rates between them. */
#ifndef PVHV_TOOL_SAMPLE_H
#define PVHV_TOOL_SAMPLE_H

#include <stdint.h>

#include "libpvhv.h"

struct sample_guest {
	unsigned int id, state, nr_vcpus;
	char name[PVHV_NAME_MAX + 1];
	uint64_t run_ns, ready_ns, blocked_ns, hypercalls, faults;
	uint64_t now_bytes, target_bytes, max_bytes, hv_bytes;
	uint64_t disk_requests, disk_in, disk_out, net_packets, net_in, net_out, errors;
};

struct sample_core {
	unsigned int cpu, state, nr_vcpus;
	uint64_t run_ns, idle_ns, hv_ns;
};

struct sample {
	uint64_t at_ns;			/* monotonic */
	struct sample_guest *guest;
	struct sample_core *core;
	unsigned int nr_guests, nr_cores;
};

/* 0 or -errno.  The caller frees it. */
int sample_take(int ctl, struct sample *s, struct pvhv_error *err);
void sample_free(struct sample *s);

/* Rates per second and parts of a core (1 = a whole one) between two samples; all 0 for what is new. */
struct rates {
	double run, ready, hypercalls, disk_in, disk_out, disk_requests, net_in, net_out;
};
struct core_rates {
	double run, idle, hv;		/* their sum is 1, but for what a core was not there */
};
void sample_guest_rates(const struct sample *before, const struct sample *now,
			const struct sample_guest *g, struct rates *r);
void sample_core_rates(const struct sample *before, const struct sample *now,
		       const struct sample_core *c, struct core_rates *r);

#endif
