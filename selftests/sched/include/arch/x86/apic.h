/* SPDX-License-Identifier: GPL-2.0 */
/* The fake arch layer: timers and interrupts are notes in fake.c. */
#ifndef SELFTESTS_SCHED_APIC_H
#define SELFTESTS_SCHED_APIC_H

#include "pcore.h"

void apic_send(u32 dest, u32 icr);
void apic_timer(struct pcore *c, u64 deadline);

#endif
