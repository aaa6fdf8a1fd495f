// SPDX-License-Identifier: GPL-2.0
/*
 * Events: the timer, masks, the virtual IF, and that none is lost on any way
 * back: from exceptions, to ring 3 by RET and SYSRET, from a spin, from sleep.
 * Side: guest.
 */
#include "event.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

USER_ASM(code_syscall, "syscall");
USER_ASM(code_loop, "movl $200000000, %ecx\n 1: loop 1b\n syscall");

#define PORT_A	PVHV_PORT_IPI_CALL
#define PORT_B	PVHV_PORT_KICK

static void send(unsigned int port)
{
	hypercall(PVHV_HC_SEND_IPI, 1, port, 0);
}

static void virtual_if(void)
{
	u64 seen = event_count[PORT_A];

	send(PORT_A);
	same(seen + 1, event_count[PORT_A], "an event to oneself arrives at once");
	events_off();
	send(PORT_A);
	same(seen + 1, event_count[PORT_A], "not with the virtual IF off");
	same(1, vcpu_page->upcall_pending, "but upcall_pending is set");
	hypercall(PVHV_HC_FORCE_UPCALL, 0, 0, 0);
	same(seen + 1, event_count[PORT_A], "FORCE_UPCALL respects the virtual IF");
	events_on();
	same(seen + 2, event_count[PORT_A], "it arrives when the virtual IF goes on");
	same(0, event_cs & 3, "the upcall's frame shows CS with RPL 0");
	same(FLAGS_IF, event_rflags & FLAGS_IF, "and IF on");
	same(1, vcpu_page->vif, "the virtual IF is on again behind the upcall");
}

static void masks(void)
{
	u64 seen_a = event_count[PORT_A], seen_b = event_count[PORT_B];

	event_mask(PORT_A, true);
	send(PORT_A);
	same(0, vcpu_page->upcall_pending, "a masked port does not ask for an upcall");
	send(PORT_B);
	same(seen_a, event_count[PORT_A], "a masked port does not arrive");
	same(seen_b + 1, event_count[PORT_B], "another one does");
	event_mask(PORT_A, false);
	vcpu_page->upcall_pending = 1;
	events_on();
	same(seen_a + 1, event_count[PORT_A], "it was kept until it is unmasked");
	same((u64)-EINVAL, hypercall(PVHV_HC_SEND_IPI, 1, 0, 0), "port 0 cannot be sent");
	same((u64)-EINVAL, hypercall(PVHV_HC_SEND_IPI, 1, 8, 0), "port 8 is none of a vCPU");
	same((u64)-EINVAL, hypercall(PVHV_HC_SEND_IPI, 1UL << 40, 1, 0), "nor is there a vCPU 40");
}

static void timer(void)
{
	u64 seen = event_count[PVHV_PORT_TIMER], t0 = rdtsc(), dt;

	timer_set(t0 + 5 * ticks_per_ms());
	ok(event_wait(PVHV_PORT_TIMER, seen, 2000), "the timer wakes a sleeper");
	dt = rdtsc() - t0;
	ok(dt >= 5 * ticks_per_ms(), "not before its time");
	seen = event_count[PVHV_PORT_TIMER];
	timer_set(1);
	ok(event_wait(PVHV_PORT_TIMER, seen, 2000), "a time that is past rings at once");
	seen = event_count[PVHV_PORT_TIMER];
	timer_set(rdtsc() + 20 * ticks_per_ms());
	timer_set(~0UL);
	delay_ms(60);
	same(seen, event_count[PVHV_PORT_TIMER], "switched off, it does not ring");
	timer_set(rdtsc() + 5 * ticks_per_ms());
	t0 = rdtsc();
	while (event_count[PVHV_PORT_TIMER] == seen && rdtsc() - t0 < 2000 * ticks_per_ms())
		;
	same(seen + 1, event_count[PVHV_PORT_TIMER], "the timer interrupts a loop in ring 1");
}

static bool skip_and_send(struct trap_frame *f)
{
	events_off();
	send(PORT_A);
	f->rip += 2;
	return true;
}

static void returns(void)
{
	u64 seen = event_count[PORT_A];

	trap_hook = skip_and_send;
	asm volatile("ud2");
	trap_hook = NULL;
	same(seen + 1, event_count[PORT_A], "pending at the return to ring 1: delivered");
	user_init(code_syscall, code_syscall_end);
	events_off();
	send(PORT_A);
	same(USER_SYSCALL, user_run(BY_RET), "pending at RET to ring 3");
	same(seen + 2, event_count[PORT_A], "is delivered");
	same(3, event_cs & 3, "on top of ring 3");
	same(USER_CODE, event_rip, "before its first instruction");
	user_reset();
	events_off();
	send(PORT_A);
	same(USER_SYSCALL, user_run(BY_SYSRET), "pending at SYSRET");
	same(seen + 3, event_count[PORT_A], "is delivered");
	same(3, event_cs & 3, "on top of ring 3");
	same(USER_CODE, event_rip, "before its first instruction");
}

static void user_loops(void)
{
	u64 seen = event_count[PVHV_PORT_TIMER];

	user_init(code_loop, code_loop_end);
	timer_set(rdtsc() + 10 * ticks_per_ms());
	same(USER_SYSCALL, user_run(BY_SYSRET), "a long loop in ring 3");
	same(seen + 1, event_count[PVHV_PORT_TIMER], "is interrupted by the timer");
	same(3, event_cs & 3, "in ring 3");
	same(0, user_regs.rcx - (USER_CODE + code_loop_end - code_loop), "and ends");
}

static void sleep(void)
{
	u64 seen = event_count[PORT_B], t0;

	events_off();
	send(PORT_B);
	t0 = rdtsc();
	hc_sched(PVHV_SCHED_BLOCK, 0);
	same(seen + 1, event_count[PORT_B], "BLOCK with an event pending delivers it");
	ok(rdtsc() - t0 < 1000 * ticks_per_ms(), "and does not sleep");
	same(1, vcpu_page->vif, "BLOCK switches the virtual IF on");
	same(0, hc_sched(PVHV_SCHED_YIELD, 0), "YIELD returns");
	same((u64)-EINVAL, hc_sched(PVHV_SCHED_SHUTDOWN, 99), "no such way to shut down");
	same((u64)-EINVAL, hc_sched(17, 0), "no such operation");
}

static void many(void)
{
	u64 seen = event_count[PVHV_PORT_TIMER], i, late = 0;

	for (i = 0; i < 200; i++) {
		u64 before = event_count[PVHV_PORT_TIMER];

		timer_set(rdtsc() + ticks_per_ms() / 5);
		if (!event_wait(PVHV_PORT_TIMER, before, 2000))
			late++;
	}
	same(0, late, "200 timers in a row, none lost");
	same(seen + 200, event_count[PVHV_PORT_TIMER], "none twice");
}

void test(void)
{
	virtual_if();
	masks();
	timer();
	returns();
	user_loops();
	sleep();
	many();
}
