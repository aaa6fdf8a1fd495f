// SPDX-License-Identifier: GPL-2.0
/* The machine of fake.h. */
#include <linux/errno.h>
#include "fake.h"
#include "arch/x86/apic.h"
#include "arch/x86/asm.h"
#include "arch/x86/event.h"
#include "arch/x86/vcpu.h"

struct hv_state hv;
struct fake_vcpu *vcpus[MAX_VCPUS];
u64 fake_now, fake_switch_cost, fake_timer_early;
struct pcore *fake_core;
int fake_failed;
struct sched_params fake_params;

static unsigned int nr_vcpus, nr_cores;
static struct {
	u64 clock, timer;	/* its own time; of the APIC, ~0 = off */
	u64 idle_from;		/* sleeps since then; ~0 = awake */
	int ipi;
} cores[HV_MAX_CORES];

/* --- what kmod/sched calls --- */

u64 rdtsc_ordered_(void)
{
	return fake_now;
}

void apic_timer(struct pcore *c, u64 deadline)
{
	c->timer_armed = deadline;
	if (deadline != ~0ULL && deadline > fake_now)
		deadline -= (deadline - fake_now) * fake_timer_early / 1000000;
	cores[c->index].timer = deadline;
}

/* A core that sleeps is as late as the one that wakes it, at least. */
static void core_wake(unsigned int i)
{
	if (!cores[i].ipi && cores[i].idle_from != ~0ULL && cores[i].clock < fake_now)
		cores[i].clock = fake_now;
	cores[i].ipi = 1;
}

void apic_send(u32 dest, u32 icr)
{
	core_wake(dest);
}

bool event_pending(const struct vcpu *v)
{
	int i;

	for (i = 0; i < PVHV_NR_PORTS / 64; i++)
		if (v->page->pending[i] & ~v->page->mask[i])
			return true;
	return false;
}

void vcpu_switch(struct pcore *c, struct vcpu *v)
{
	if (c->current_vcpu != v)
		fake_now += fake_switch_cost;
	c->current_vcpu = v;
}

/* --- set-up --- */

void fake_machine(unsigned int n, u32 policy)
{
	unsigned int i;

	while (nr_vcpus)
		free(vcpus[--nr_vcpus]);
	for (i = 0; i < HV_MAX_CORES; i++) {
		free(hv.cores[i]);
		hv.cores[i] = NULL;
	}
	memset(cores, 0, sizeof(cores));
	hv.tsc_khz = KHZ;
	hv.ns_mult = 1ULL << 32;
	hv.sched_policy = policy;
	/* near the wrap of 64 bits nothing may change */
	fake_now = S(1);
	nr_cores = n;
	for (i = 0; i < n; i++) {
		struct pcore *c = calloc(1, sizeof(*c));

		c->index = i;
		c->cpu = i;
		c->apicid = i;
		c->state = PCORE_ALIVE;
		cores[i].clock = fake_now;
		cores[i].idle_from = ~0ULL;
		hv.cores[i] = c;
		sched_init(c);
	}
}

unsigned int fake_vcpus(void)
{
	return nr_vcpus;
}

struct fake_vcpu *fake_add(unsigned int core, u32 weight, struct step (*behave)(struct fake_vcpu *))
{
	struct fake_vcpu *f = calloc(1, sizeof(*f));

	f->dom.state = PVHV_DOM_ST_RUNNING;
	f->dom.nr_vcpus = 1;
	f->dom.id = nr_vcpus;
	f->dom.sched = fake_params;
	f->dom.sched.weight = weight;
	memset(&fake_params, 0, sizeof(fake_params));
	f->dom.vcpu[0] = &f->v;
	f->v.dom = &f->dom;
	f->v.page = &f->page;
	f->v.timer = ~0ULL;
	f->v.state = VCPU_READY;
	f->v.core = hv.cores[core];
	f->behave = behave;
	vcpus[nr_vcpus++] = f;
	fake_core = hv.cores[core];
	if (cores[core].clock > fake_now)
		fake_now = cores[core].clock;
	sched_add(hv.cores[core], &f->v);
	core_wake(core);
	return f;
}

/* As the host does it: asks the core that it is on until that one has it. */
void fake_remove(struct fake_vcpu *f)
{
	int i;

	for (i = 0; i < 10 && sched_remove(f->v.core, &f->v); i++)
		;
	CHECK(i < 10, "vCPU %u is nowhere", f->dom.id);
	f->v.core = NULL;
	for (i = 0; i < (int)nr_cores; i++)
		sched_scan(hv.cores[i]);
	for (i = 0; i < (int)nr_cores; i++)
		sched_scan(hv.cores[i]);
}

void fake_raise(struct fake_vcpu *f, unsigned int port)
{
	struct pcore *c;

	__atomic_fetch_or(&f->page.pending[port / 64], 1ULL << (port & 63), __ATOMIC_SEQ_CST);
	if (!wake_wanted(&f->v, port))
		return;
	f->page.upcall_pending = 1;
	c = __atomic_load_n(&f->v.core, __ATOMIC_ACQUIRE);
	if (c) {
		wake_mark(c, &f->v, VCPU_WAKE_EVENT);
		move_ring(c);
	}
}

s64 fake_leave(struct pcore *c)
{
	s64 left;

	while ((left = sched_leave(c, false)) == -EAGAIN)
		fake_run(US(10));
	return left;
}

/* --- running --- */

static void step_end(struct pcore *c, struct fake_vcpu *f)
{
	switch (f->step.then) {
	case GO_ON:
		break;
	case BLOCK:
		sched_block(c, &f->v);
		break;
	case SLEEP:
		sched_set_timer(c, &f->v, fake_now + f->step.sleep);
		sched_block(c, &f->v);
		break;
	case YIELD:
		sched_yield(c, &f->v);
		break;
	case POLL:
		sched_poll(c, &f->v, PVHV_PORT_KICK);
		break;
	}
	f->step = f->behave(f);
	f->left = f->step.run;
}

/* Until the guest does something, or the timer or another core interrupts it. */
static void guest_runs(struct pcore *c, struct fake_vcpu *f, u64 limit)
{
	u64 timer = cores[c->index].timer, until = fake_now + f->left;

	/* the guest takes its events */
	if (!f->hold) {
		memset((void *)f->page.pending, 0, sizeof(f->page.pending));
		f->page.upcall_pending = 0;
	}
	if (cores[c->index].ipi) {
		cores[c->index].ipi = 0;
		return;
	}
	if (timer < until)
		until = timer > fake_now ? timer : fake_now;
	if (limit < until)
		until = limit > fake_now ? limit : fake_now;
	f->left -= until - fake_now;
	f->useful += until - fake_now;
	fake_now = until;
	if (timer <= fake_now) {
		cores[c->index].timer = ~0ULL;
		sched_tick(c);
	} else if (!f->left) {
		step_end(c, f);
	}
}

static void core_stay(struct pcore *c, struct fake_vcpu *f, u64 limit)
{
	if (!f->left && f->step.then == GO_ON) {
		f->step = f->behave(f);
		f->left = f->step.run;
	}
	if (fake_now - f->last_on > f->longest_wait && f->last_on)
		f->longest_wait = fake_now - f->last_on;
	vcpu_switch(c, &f->v);
	do {
		guest_runs(c, f, limit);
	} while (f->v.state == VCPU_RUNNING && !c->need_resched && !c->doorbell && fake_now < limit);
	f->last_on = fake_now;
	sched_stop(c, &f->v);
}

/* One turn of core_main(). */
static void core_turn(struct pcore *c, u64 limit)
{
	struct vcpu *v;

	fake_core = c;
	if (cores[c->index].idle_from != ~0ULL) {
		c->idle_tsc += fake_now - cores[c->index].idle_from;
		cores[c->index].idle_from = ~0ULL;
		if (cores[c->index].timer <= fake_now) {
			cores[c->index].timer = ~0ULL;
			sched_tick(c);
		}
		sched_idle_end(c);
	}
	cores[c->index].ipi = 0;
	c->doorbell = 0;
	sched_scan(c);
	v = sched_pick(c);
	if (v)
		core_stay(c, (struct fake_vcpu *)((char *)v - offsetof(struct fake_vcpu, v)), limit);
	else if (sched_idle_begin(c))
		cores[c->index].idle_from = fake_now;
	else
		sched_idle_end(c);
}

static u64 core_next(unsigned int i)
{
	if (cores[i].idle_from == ~0ULL || cores[i].ipi)
		return cores[i].clock;
	return cores[i].timer > cores[i].clock ? cores[i].timer : cores[i].clock;
}

void fake_run(u64 time)
{
	u64 end = fake_now + time;
	unsigned int i, best;

	for (;;) {
		best = 0;
		for (i = 1; i < nr_cores; i++)
			if (core_next(i) < core_next(best))
				best = i;
		if (core_next(best) >= end)
			break;
		fake_now = core_next(best);
		core_turn(hv.cores[best], fake_now + US(200) < end ? fake_now + US(200) : end);
		cores[best].clock = fake_now;
	}
	fake_now = end;
	for (i = 0; i < nr_cores; i++)
		if (cores[i].clock < end)
			cores[i].clock = end;
	fake_check();
}

void fake_check(void)
{
	u64 run = 0, core_run = 0, listed = 0;
	unsigned int i;

	for (i = 0; i < nr_cores; i++) {
		struct vcpu *v;

		core_run += hv.cores[i]->run_tsc;
		listed += hv.cores[i]->nr_vcpus;
		for (v = hv.cores[i]->sched.all; v; v = v->sched.next)
			CHECK(v->core == hv.cores[i] && v->sched.attached, "vCPU %u on core %u",
			      v->dom->id, i);
	}
	for (i = 0; i < nr_vcpus; i++) {
		struct vcpu *v = &vcpus[i]->v;

		run += v->run_tsc;
		CHECK(v->state != VCPU_BLOCKED || !event_pending(v) || v->sched.poll || !v->core ||
		      v->wake & VCPU_WAKE_QUEUED, "vCPU %u sleeps although an event is pending", i);
		CHECK(!v->core || v->sched.attached || v->wake & VCPU_WAKE_QUEUED, "vCPU %u is lost", i);
	}
	CHECK(run == core_run, "vCPUs ran %llu, cores %llu", (unsigned long long)run,
	      (unsigned long long)core_run);
	(void)listed;
}

struct step busy(struct fake_vcpu *f)
{
	return (struct step){ .run = MS(1000), .then = GO_ON };
}

struct step idle(struct fake_vcpu *f)
{
	return (struct step){ .run = US(10), .then = BLOCK };
}
