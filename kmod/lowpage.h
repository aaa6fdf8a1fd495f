/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page below 1 MiB, borrowed from the firmware's and Linux' reserve while a core starts.
 * Side: host.
 */
#ifndef PVHV_LOWPAGE_H
#define PVHV_LOWPAGE_H

#include <linux/types.h>

struct trampoline_args;

/* Looks for the page and builds its identity map.  -ENOENT: there is none (lowpage_found says so later). */
int lowpage_init(void);
void lowpage_exit(void);
bool lowpage_found(void);

/* Saves the page's content and puts the trampoline there.  Under cpus_read_lock; one at a time. */
void lowpage_borrow(const struct trampoline_args *args);
void lowpage_return(void);

unsigned long lowpage_pfn(void);
/* What maps the page at its physical address: the table for the first entry of a root. */
u64 lowpage_identity_pa(void);

#endif /* PVHV_LOWPAGE_H */
