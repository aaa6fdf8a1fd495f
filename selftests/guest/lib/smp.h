/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A second vCPU: it runs one function, catches the exceptions of TRY(), and
 * gets no events.
 * Side: guest.
 */
#ifndef GUEST_SMP_H
#define GUEST_SMP_H

#include "hypercall.h"

/* Starts vCPU 1 in fn; 0 or -errno. */
long smp_start(void (*fn)(void));
/* fn tells that it is there, and asks whether to end. */
extern volatile u64 smp_running, smp_stop;
/* Waits for smp_running. */
bool smp_wait(u64 ms);
/* Asks fn to return and waits until vCPU 1 is down. */
bool smp_end(u64 ms);

#endif
