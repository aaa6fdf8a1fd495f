/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The code that brings a core from real mode to long mode, as a blob.
 * Side: host.  The blob runs in the borrowed page below 1 MiB.
 */
#ifndef PVHV_TRAMPOLINE_H
#define PVHV_TRAMPOLINE_H

/* Offsets into struct trampoline_args. */
#define TRAMP_CR3	0
#define TRAMP_CR4	4
#define TRAMP_EFER	8
#define TRAMP_STACK	16
#define TRAMP_CORE	24
#define TRAMP_ENTRY	32

#ifndef __ASSEMBLY__
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

struct trampoline_args {
	u32	cr3;
	u32	cr4;
	u32	efer;		/* or-ed in */
	u32	pad;
	u64	stack;		/* RSP at the entry */
	u64	core;		/* RDI */
	u64	entry;		/* RIP, in 64-bit mode */
};

static_assert(offsetof(struct trampoline_args, cr3) == TRAMP_CR3);
static_assert(offsetof(struct trampoline_args, cr4) == TRAMP_CR4);
static_assert(offsetof(struct trampoline_args, efer) == TRAMP_EFER);
static_assert(offsetof(struct trampoline_args, stack) == TRAMP_STACK);
static_assert(offsetof(struct trampoline_args, core) == TRAMP_CORE);
static_assert(offsetof(struct trampoline_args, entry) == TRAMP_ENTRY);

extern const char trampoline_start[], trampoline_args[], trampoline_end[];
#endif

#endif /* PVHV_TRAMPOLINE_H */
