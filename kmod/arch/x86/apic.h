/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core's local APIC: timer, end of interrupt, interrupts to others.
 * Side: core.
 */
#ifndef PVHV_APIC_H
#define PVHV_APIC_H

#include "pcore.h"

void apic_init(struct pcore *c);
void apic_eoi(void);
/* ICR low word (vector and mode), physical or logical destination. */
void apic_send(u32 dest, u32 icr);
/* One-shot timer at a TSC value; ~0 = off; past = at once. */
void apic_timer(struct pcore *c, u64 deadline);
void apic_off(struct pcore *c);

#endif /* PVHV_APIC_H */
