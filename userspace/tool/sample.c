// SPDX-License-Identifier: GPL-2.0
/* What all guests and cores have used: see sample.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/error.h"
#include "sample.h"

#define VIRTIO_NET	1
#define VIRTIO_BLK	2

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int add_vdevs(int ctl, struct sample_guest *g, struct pvhv_error *err)
{
	struct pvhv_vdev_info v;
	int ret;

	for (unsigned int n = 0; (ret = pvhv_vdev_next(ctl, g->id, n, &v, err)) > 0;
	     n = v.vdev + 1) {
		g->errors += v.errors;
		if (v.device_id == VIRTIO_BLK) {
			g->disk_requests += v.requests;
			g->disk_in += v.bytes_in;
			g->disk_out += v.bytes_out;
		} else if (v.device_id == VIRTIO_NET) {
			g->net_packets += v.requests;
			g->net_in += v.bytes_in;
			g->net_out += v.bytes_out;
		}
	}
	return ret;
}

static int add_memory(int ctl, struct sample_guest *g, struct pvhv_error *err)
{
	struct pvhv_mem_info m;
	int ret = pvhv_mem_next(ctl, g->id, &m, err);

	if (ret <= 0 || m.domid != g->id)
		return ret < 0 ? ret : 0;
	g->now_bytes = m.nr_pages << 12;
	g->target_bytes = m.target << 12;
	g->max_bytes = m.max_pages << 12;
	g->hv_bytes = m.hv_bytes;
	return 0;
}

static void *grow(void *array, unsigned int n, size_t size)
{
	/* in steps of 64 */
	return n % 64 ? array : realloc(array, (n + 64) * size);
}

static int add_guest(int ctl, struct sample *s, const struct pvhv_dom_info *i,
		     struct pvhv_error *err)
{
	struct sample_guest *g = grow(s->guest, s->nr_guests, sizeof(*g));
	int ret;

	if (!g)
		return error_set(err, -ENOMEM, "out of memory");
	s->guest = g;
	g += s->nr_guests++;
	*g = (struct sample_guest){
		.id = i->domid,
		.state = i->state,
		.nr_vcpus = i->nr_vcpus,
		.run_ns = i->run_ns,
		.ready_ns = i->ready_ns,
		.blocked_ns = i->blocked_ns,
		.hypercalls = i->hypercalls,
		.faults = i->faults,
	};
	memcpy(g->name, i->name, PVHV_NAME_MAX);
	ret = add_memory(ctl, g, err);
	return ret ? ret : add_vdevs(ctl, g, err);
}

static int add_core(struct sample *s, const struct pvhv_cpu_info *i, struct pvhv_error *err)
{
	struct sample_core *c = grow(s->core, s->nr_cores, sizeof(*c));

	if (!c)
		return error_set(err, -ENOMEM, "out of memory");
	s->core = c;
	c[s->nr_cores++] = (struct sample_core){
		.cpu = i->cpu,
		.state = i->state,
		.nr_vcpus = i->nr_vcpus,
		.run_ns = i->run_ns,
		.idle_ns = i->idle_ns,
		.hv_ns = i->hv_ns,
	};
	return 0;
}

int sample_take(int ctl, struct sample *s, struct pvhv_error *err)
{
	struct pvhv_dom_info dom;
	struct pvhv_cpu_info cpu;
	int ret = 0;

	memset(s, 0, sizeof(*s));
	s->at_ns = now_ns();
	for (unsigned int n = 0; !ret && (ret = pvhv_cpu_next(ctl, n, &cpu, err)) > 0;
	     n = cpu.cpu + 1)
		ret = add_core(s, &cpu, err);
	for (unsigned int n = 0; !ret && (ret = pvhv_domain_next(ctl, n, &dom, err)) > 0;
	     n = dom.domid + 1)
		ret = add_guest(ctl, s, &dom, err);
	if (ret < 0)
		sample_free(s);
	return ret < 0 ? ret : 0;
}

void sample_free(struct sample *s)
{
	free(s->guest);
	free(s->core);
	memset(s, 0, sizeof(*s));
}

static double rate(uint64_t before, uint64_t now, double seconds)
{
	return now > before && seconds > 0 ? (now - before) / seconds : 0;
}

static double seconds_between(const struct sample *before, const struct sample *now)
{
	return (now->at_ns - before->at_ns) / 1e9;
}

void sample_guest_rates(const struct sample *before, const struct sample *now,
			const struct sample_guest *g, struct rates *r)
{
	double s = seconds_between(before, now);

	memset(r, 0, sizeof(*r));
	for (unsigned int i = 0; i < before->nr_guests; i++) {
		const struct sample_guest *b = &before->guest[i];

		if (b->id != g->id)
			continue;
		r->run = rate(b->run_ns, g->run_ns, s) / 1e9;
		r->ready = rate(b->ready_ns, g->ready_ns, s) / 1e9;
		r->hypercalls = rate(b->hypercalls, g->hypercalls, s);
		r->disk_requests = rate(b->disk_requests, g->disk_requests, s);
		r->disk_in = rate(b->disk_in, g->disk_in, s);
		r->disk_out = rate(b->disk_out, g->disk_out, s);
		r->net_in = rate(b->net_in, g->net_in, s);
		r->net_out = rate(b->net_out, g->net_out, s);
	}
}

void sample_core_rates(const struct sample *before, const struct sample *now,
		       const struct sample_core *c, struct core_rates *r)
{
	double s = seconds_between(before, now);

	memset(r, 0, sizeof(*r));
	for (unsigned int i = 0; i < before->nr_cores; i++) {
		const struct sample_core *b = &before->core[i];

		if (b->cpu != c->cpu)
			continue;
		r->run = rate(b->run_ns, c->run_ns, s) / 1e9;
		r->idle = rate(b->idle_ns, c->idle_ns, s) / 1e9;
		r->hv = rate(b->hv_ns, c->hv_ns, s) / 1e9;
	}
}
