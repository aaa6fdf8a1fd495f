// SPDX-License-Identifier: GPL-2.0
/*
 * The page tables below a domain's own L4 slots: 257 (P2M) and 258 (shared pages).
 * Side: host.  Context: process; a domain's creation and its end.  Locks: none,
 * the tables are there before a core loads them, and freed after all have
 * forgotten the domain; single entries of device pages change under hostdom.lock.
 *
 * The walker of the processor is their only reader, so they need no mapping
 * in the hypervisor's map.
 */
#include <linux/gfp.h>
#include <linux/pgtable.h>
#include <linux/slab.h>

#include "hv.h"
#include "window.h"

#define TABLE_LEN	512

static u64 *table_alloc(void)
{
	return (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
}

/* Supervisor, accessed, never executable; write permission at all levels or none. */
static u64 entry(const struct window *w, const void *page)
{
	u64 e = hv_pa(page) | _PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_NX;

	return w->writable ? e | _PAGE_RW | _PAGE_DIRTY : e;
}

static int window_alloc_l1(struct window *w, unsigned long nr)
{
	unsigned int i;

	w->nr_l1 = DIV_ROUND_UP(nr, TABLE_LEN);
	w->l1 = kcalloc(w->nr_l1, sizeof(*w->l1), GFP_KERNEL_ACCOUNT);
	if (!w->l1)
		return -ENOMEM;
	for (i = 0; i < w->nr_l1; i++) {
		w->l1[i] = table_alloc();
		if (!w->l1[i])
			return -ENOMEM;
		w->l2[i] = entry(w, w->l1[i]);
	}
	return 0;
}

int window_init(struct window *w, unsigned long nr, bool writable)
{
	int err = -ENOMEM;

	if (!nr || nr > TABLE_LEN * TABLE_LEN)
		return -EINVAL;
	w->writable = writable;
	w->l3 = table_alloc();
	w->l2 = table_alloc();
	if (w->l3 && w->l2)
		err = window_alloc_l1(w, nr);
	if (err) {
		window_exit(w);
		return err;
	}
	w->l3[0] = entry(w, w->l2);
	return 0;
}

void window_exit(struct window *w)
{
	unsigned int i;

	for (i = 0; w->l1 && i < w->nr_l1; i++)
		free_page((unsigned long)w->l1[i]);
	kfree(w->l1);
	free_page((unsigned long)w->l2);
	free_page((unsigned long)w->l3);
	memset(w, 0, sizeof(*w));
}

void window_set(struct window *w, unsigned long n, const void *page)
{
	WRITE_ONCE(w->l1[n / TABLE_LEN][n % TABLE_LEN], entry(w, page));
}

u64 window_l3_pa(const struct window *w)
{
	return hv_pa(w->l3);
}

unsigned long window_table_pages(const struct window *w)
{
	return w->l3 ? 2 + w->nr_l1 : 0;
}
