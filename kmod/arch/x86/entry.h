/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entry points in entry.S, and offsets into struct pcore for it.
 * Side: core.
 */
#ifndef PVHV_ENTRY_H
#define PVHV_ENTRY_H

/* Pinned by core.c. */
#define PCORE_SAVED_RSP	PCORE_ASM_OFF
#define PCORE_FRAME	(PCORE_ASM_OFF + 8)
#define PCORE_EXIT_CR3	(PCORE_ASM_OFF + 16)
#define PCORE_EXIT_CR2	(PCORE_ASM_OFF + 24)
#define PCORE_ASM_OFF	0x40

#ifndef __ASSEMBLY__
#include "pcore.h"

/* First code of a core in long mode; does not return. */
void core_entry64(void);
void vcpu_enter(struct pcore *core, u64 guest_cr3, u64 gate_enter_va);
extern const char hv_exit[], hv_trap_entry[];
#endif

#endif /* PVHV_ENTRY_H */
