/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events: the virtual interrupt flag, ports, the timer.
 * Side: guest.
 */
#ifndef GUEST_EVENT_H
#define GUEST_EVENT_H

#include "hypercall.h"

struct trap_frame;

/* Upcalls that came, by port, and in all. */
extern volatile u64 event_count[PVHV_NR_PORTS], event_upcalls;
/* Where the last upcall came from: frame's RIP, CS, RFLAGS. */
extern volatile u64 event_rip, event_cs, event_rflags;

/* Called for each upcall of vCPU 0, before anything else; it may change where and how the guest goes on. */
extern void (*event_hook)(struct trap_frame *f);

void event_upcall(struct trap_frame *f);
void event_mask(unsigned int port, bool masked);
/* Waits (asleep) until event_count[port] is not 'seen' any more; false: ms of time are over. */
bool event_wait(unsigned int port, u64 seen, u64 ms);

static inline void events_off(void)
{
	vcpu_page->vif = 0;
	barrier();
}

static inline void events_on(void)
{
	barrier();
	vcpu_page->vif = 1;
	if (vcpu_page->upcall_pending)
		hypercall(PVHV_HC_FORCE_UPCALL, 0, 0, 0);
}

u64 ticks_per_ms(void);
/* Spins. */
void delay_ms(u64 ms);
void delay_us(u64 us);
long timer_set(u64 tsc);

#endif
