// SPDX-License-Identifier: GPL-2.0
/* What cores and the host do at the same time, in all orders with a few preemptions (steps.h). */
#include <linux/errno.h>
#include "fake.h"

#define PORT	8

static struct fake_vcpu *f;
static struct pcore *a, *b, *other;
static u32 state;	/* of the vCPU, as it is handed over */
static s64 left;

static struct step none(struct fake_vcpu *v)
{
	return (struct step){ .run = MS(1), .then = GO_ON };
}

/* A core's turn, without its guests. */
static void turn(struct pcore *c)
{
	__atomic_store_n(&c->doorbell, 0, __ATOMIC_SEQ_CST);
	sched_scan(c);
}

/* All that was rung for is looked at. */
static void settle(void)
{
	int i, rounds;

	for (rounds = 0; rounds < 10; rounds++)
		for (i = 0; i < 3; i++)
			if (hv.cores[i]->doorbell)
				turn(hv.cores[i]);
}

static void set_up(void)
{
	int i;

	fake_machine(3, SCHED_POLICY_BVT);
	a = hv.cores[0];
	b = hv.cores[1];
	other = hv.cores[2];
	f = fake_add(0, 256, none);
	if (state == VCPU_BLOCKED) {
		sched_detach(a, &f->v, fake_now);
		f->v.state = VCPU_BLOCKED;
		sched_add(a, &f->v);
	}
	/* they have just looked at each other's load, and do so again after the test */
	for (i = 0; i < 3; i++)
		turn(hv.cores[i]);
	left = -EAGAIN;
}

static void hand_over(void)
{
	sched_hand(a, &f->v, b);
	turn(a);
}

static void turn_b(void) { turn(b); }
static void raise(void) { fake_raise(f, PORT); }

static void check_arrived(void)
{
	settle();
	CHECK(f->v.sched.attached && f->v.core == b, "the vCPU is nowhere: wake %x", f->v.wake);
	CHECK(f->v.state == VCPU_READY, "and has not heard of its event");
	CHECK(!b->sched.coming, "%u are still to come", b->sched.coming);
}

static void in_states(const steps_fn *threads, unsigned int nr, unsigned int preemptions, steps_fn check)
{
	unsigned long orders = 0;

	for (state = VCPU_READY; state <= VCPU_BLOCKED && !fake_failed; state++)
		if (state != VCPU_RUNNING)
			orders += steps_all(set_up, threads, nr, preemptions, check);
	printf("# %lu orders\n", orders);
}

/* Its new core looks at its list between the two steps of the hand-over. */
void test_hand_over(void)
{
	static const steps_fn threads[] = { hand_over, turn_b, raise };

	in_states(threads, 3, 3, check_arrived);
}

/* --- a core leaves --- */

static void hand_over_late(void)
{
	sched_hand(a, &f->v, b);
	while (left == -EAGAIN) {
		turn(a);
		steps_wait();
	}
}

/* As cpu.c does it. */
static void leave(void)
{
	__atomic_store_n(&b->sched.closed, 1, __ATOMIC_SEQ_CST);
	while ((left = sched_leave(b, false)) == -EAGAIN) {
		steps_wait();
		turn(b);
	}
}

/* Whatever comes now, the core has nothing to run. */
static void check_left(void)
{
	settle();
	CHECK(!left, "%lld stay", (long long)left);
	CHECK(!b->nr_vcpus, "a core that has left got a vCPU");
	CHECK(f->v.sched.attached && f->v.core != b, "the vCPU is nowhere: wake %x", f->v.wake);
	CHECK(state != VCPU_BLOCKED || f->v.state == VCPU_READY, "and has not heard of its event");
}

void test_leave_late(void)
{
	static const steps_fn threads[] = { hand_over_late, leave, raise };

	in_states(threads, 3, 2, check_left);
}

static void set_up_on_b(void)
{
	set_up();
	sched_hand(a, &f->v, b);
	turn(b);
	/* the core that it would go to otherwise */
	other->sched.load = 1000;
}

/* As cpu_mark_down() does it. */
static void lose_a(void)
{
	__atomic_store_n(&a->sched.closed, 1, __ATOMIC_SEQ_CST);
}

static void check_left_lost(void)
{
	CHECK(!left && !b->nr_vcpus, "a core that has left kept a vCPU");
	CHECK(f->v.core != b, "or gave it to itself");
	CHECK(f->v.core != a || f->dom.cores_seen & 1, "or to a lost one that nobody knows it on");
}

/* The core that a vCPU was to go to is lost in that moment. */
void test_leave_lost(void)
{
	static const steps_fn threads[] = { leave, lose_a };

	state = VCPU_READY;
	printf("# %lu orders\n", steps_all(set_up_on_b, threads, 2, 3, check_left_lost));
}

/* --- a port is bound to another vCPU --- */

static struct fake_vcpu *g;

static void set_up_port(void)
{
	state = VCPU_READY;
	set_up();
	g = fake_add(1, 256, none);
	f->dom.vcpu[1] = &g->v;
	f->dom.nr_vcpus = 2;
}

/* As hostdom_raise() does it. */
static void post(void)
{
	struct vcpu *v = NULL;

	while ((v = wake_post(&f->dom, PORT, v)))
		;
}

/* As a guest does it whose vCPU 0 goes down: binds the port, then moves what is pending. */
static void rebind(void)
{
	__atomic_store_n(&f->dom.port_vcpu[PORT], 1, __ATOMIC_SEQ_CST);
	if (__atomic_fetch_and(&f->page.pending[0], ~(1ULL << PORT), __ATOMIC_SEQ_CST) & 1ULL << PORT)
		__atomic_fetch_or(&g->page.pending[0], 1ULL << PORT, __ATOMIC_SEQ_CST);
}

static void check_posted(void)
{
	CHECK(g->page.pending[0] & 1ULL << PORT, "the event is lost with the vCPU that went down");
}

void test_port(void)
{
	static const steps_fn threads[] = { post, rebind };

	printf("# %lu orders\n", steps_all(set_up_port, threads, 2, 4, check_posted));
}
