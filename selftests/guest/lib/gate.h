/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ring 1 finds on the gate's pages.  Their places are no part of the ABI: a guest that looks finds them.
 * Side: guest.
 */
#ifndef GUEST_GATE_H
#define GUEST_GATE_H

#include "types.h"
#include <pvhv/layout.h>

#define GATE_NMI_COUNT	(PVHV_GATE_BASE + 0x16008)
#define GATE_IST_USED	(PVHV_GATE_BASE + 0x16010)
#define GATE_NMI_TOP	(PVHV_GATE_BASE + 0x1d000)
#define GATE_DB_TOP	(PVHV_GATE_BASE + 0x23000)

static inline u64 gate_read(u64 va)
{
	return *(const volatile u64 *)va;
}

static inline void gate_write(u64 va, u64 word)
{
	*(volatile u64 *)va = word;
}

/* An address of the upper half that is neither in the hypervisor's slots nor in the guest's memory. */
bool gate_foreign(u64 word);
/* How many words of all pages behind the IDT and the TSS are that; the last one and where it was. */
u64 gate_look(void);
extern u64 gate_word, gate_where;

#endif
