/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Further vCPUs: each runs one function, catches the exceptions of TRY(), and
 * gets no events.
 * Side: guest.
 */
#ifndef GUEST_SMP_H
#define GUEST_SMP_H

#include "hypercall.h"

#define SMP_MAX	3

/* Starts vCPU 1 in fn; 0 or -errno. */
long smp_start(void (*fn)(void));
/* Starts one more, vCPU 2 or 3, after that; they end together. */
long smp_start_more(unsigned int vcpu, void (*fn)(void));
/* fn asks whether to end. */
extern volatile u64 smp_stop;
/* Waits until all that were started run. */
bool smp_wait(u64 ms);
/* Asks them to return and waits until they are down. */
bool smp_end(u64 ms);

#endif
