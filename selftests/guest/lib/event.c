// SPDX-License-Identifier: GPL-2.0
/*
 * Events: see event.h.
 * Side: guest.
 */
#include "event.h"
#include "start.h"
#include "trap.h"

volatile u64 event_count[PVHV_NR_PORTS], event_upcalls;
volatile u64 event_rip, event_cs, event_rflags;
void (*event_hook)(struct trap_frame *f);

static void event_take_word(unsigned int w)
{
	u64 *pending = (u64 *)(PVHV_VCPU_VA + PVHV_VCPU_PENDING) + w;
	u64 bits = READ_ONCE(*pending) & ~vcpu_page->mask[w];

	__atomic_fetch_and(pending, ~bits, __ATOMIC_SEQ_CST);
	while (bits) {
		event_count[64 * w + __builtin_ctzll(bits)]++;
		bits &= bits - 1;
	}
}

void event_upcall(struct trap_frame *f)
{
	unsigned int w;

	event_rip = f->rip;
	event_cs = f->cs;
	event_rflags = f->rflags;
	if (event_hook && !vcpu_page->vcpu_id)
		event_hook(f);
	event_upcalls++;
	vcpu_page->upcall_pending = 0;
	/* cleared before pending is read: what comes later calls again */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (w = 0; w < PVHV_NR_PORTS / 64; w++)
		event_take_word(w);
}

void event_mask(unsigned int port, bool masked)
{
	u64 *word = (u64 *)(PVHV_VCPU_VA + PVHV_VCPU_MASK) + port / 64;
	u64 bit = 1UL << (port & 63);

	if (masked)
		__atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
}

u64 ticks_per_ms(void)
{
	return start_info->tsc_khz ? start_info->tsc_khz : 1000000;
}

long timer_set(u64 tsc)
{
	return hypercall(PVHV_HC_SET_TIMER, tsc, 0, 0);
}

bool event_wait(unsigned int port, u64 seen, u64 ms)
{
	u64 end = rdtsc() + ms * ticks_per_ms();

	for (;;) {
		events_off();
		if (event_count[port] != seen)
			break;
		if (rdtsc() > end) {
			events_on();
			return false;
		}
		if (port != PVHV_PORT_TIMER)
			timer_set(rdtsc() + ticks_per_ms());
		hc_sched(PVHV_SCHED_BLOCK, 0);
	}
	events_on();
	return true;
}

void delay_ms(u64 ms)
{
	delay_us(1000 * ms);
}

void delay_us(u64 us)
{
	u64 end = rdtsc() + us * ticks_per_ms() / 1000;

	while (rdtsc() < end)
		asm volatile("pause");
}
