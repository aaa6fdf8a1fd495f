// SPDX-License-Identifier: GPL-2.0
/*
 * E5, C2: what an NMI leaves of those that it interrupts.
 * Attack: the host sends the core an NMI after the other (selftests/fail/pvhv_nmi.c); this guest makes
 * hypercalls and sleeps, so that they hit the hypervisor and the bystander, and looks at the gate's pages.
 * It sets the gate's count of NMIs back by one, and its mark that there was one.
 * Must happen: no address of the hypervisor is there, nor the other guest's stack pointer.
 * Side: guest.
 */
#include "event.h"
#include "gate.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define SECONDS		6		/* and on, up to the second number, while there are too few */
#define SECONDS_MAX	60
#define NMIS		1000
#define LOOK_EVERY	512
#define SLEEP_EVERY	16
#define SLEEP_US	100
/* Below the tops of both stacks. */
#define FRAME_SS	8
#define FRAME_RSP	16
#define FRAME_END	48	/* RIP at 40, and what #DB saves */

static u64 stack, rounds, arrived, in_calls, addresses, foreign_rsp, word, where;

static void look_at(u64 va)
{
	u64 w = gate_read(va);

	if (!gate_foreign(w))
		return;
	addresses++;
	word = w;
	where = va;
}

static void look_at_frames(void)
{
	u64 rsp = gate_read(GATE_NMI_TOP - FRAME_RSP), i;

	for (i = 8; i <= FRAME_END; i += 8) {
		look_at(GATE_NMI_TOP - i);
		look_at(GATE_DB_TOP - i);
	}
	/* on this stack, in the gate, or wiped */
	if (rsp && rsp - PVHV_GATE_BASE >= 1UL << 39 && rsp - stack > PAGE) {
		foreign_rsp++;
		word = rsp;
	}
}

static void look_at_all(void)
{
	u64 n = gate_look();

	if (!n)
		return;
	addresses += n;
	word = gate_word;
	where = gate_where;
}

static void sleep(void)
{
	timer_set(rdtsc() + SLEEP_US * ticks_per_ms() / 1000);
	hc_sched(PVHV_SCHED_POLL, PVHV_PORT_TIMER);
	__atomic_fetch_and((u64 *)(PVHV_VCPU_VA + PVHV_VCPU_PENDING), ~(1UL << PVHV_PORT_TIMER),
			   __ATOMIC_SEQ_CST);
}

/* Every other time the count is one less: one NMI makes it what it was. */
static void one_call(void)
{
	u64 count = NMIS - (rounds & 1);

	gate_write(GATE_NMI_COUNT, count);
	gate_write(GATE_IST_USED, 0);
	hc_get_debugreg(rounds & 3);
	look_at_frames();
	if (gate_read(GATE_NMI_COUNT) == count)
		return;
	arrived++;
	/* what came after the call left its frame */
	in_calls += !gate_read(GATE_NMI_TOP - FRAME_SS) && !gate_read(GATE_NMI_TOP - FRAME_RSP);
}

/* Events are off, and nothing faults but the looks: all is on this page's stack. */
static void look(void)
{
	u64 start = rdtsc(), second = 1000 * ticks_per_ms(), t = 0;

	hc_get_debugreg(0);
	for (; t < SECONDS * second || (arrived < NMIS && t < SECONDS_MAX * second); t = rdtsc() - start) {
		if (rounds % SLEEP_EVERY == 0)
			sleep();
		one_call();
		if (rounds++ % LOOK_EVERY == 0)
			look_at_all();
	}
}

void test(void)
{
	stack = (u64)page_alloc();
	events_off();
	asm volatile("movq %%rsp, %%rbx\n\tmovq %0, %%rsp\n\tcall *%1\n\tmovq %%rbx, %%rsp"
		     : : "r"(stack + PAGE), "r"(look)
		     : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
	events_on();
	note("%lu rounds, NMIs in %lu of them, %lu in a hypercall", rounds, arrived, in_calls);
	same(0, addresses, "no address of the hypervisor in the gate (last: %lx at %lx)", word, where);
	same(0, foreign_rsp, "no stack pointer of the other guest (last: %lx)", word);
	ok(arrived >= NMIS, "the host sent NMIs");
	ok(in_calls > NMIS / 10, "some of them came in hypercalls");
}
