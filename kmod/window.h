/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page tables below a domain's own L4 slots: 257 (P2M) and 258 (shared pages).
 * Side: host.
 */
#ifndef PVHV_WINDOW_H
#define PVHV_WINDOW_H

#include <linux/types.h>

/* One L4 slot's tables; covers one L2, that is 1 GiB of addresses. */
struct window {
	u64		*l3, *l2;
	u64		**l1;		/* [nr_l1] */
	unsigned int	nr_l1;
	bool		writable;
};

/* Tables for nr pages from the start of the slot, all not present. */
int window_init(struct window *w, unsigned long nr, bool writable);
void window_exit(struct window *w);
/* Page number n of the window.  If a core has loaded it: hvmem_flush() lets nobody see the old one any more. */
void window_set(struct window *w, unsigned long n, const void *page);
u64 window_l3_pa(const struct window *w);
unsigned long window_table_pages(const struct window *w);

#endif /* PVHV_WINDOW_H */
