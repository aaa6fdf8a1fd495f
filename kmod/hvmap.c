// SPDX-License-Identifier: GPL-2.0
/*
 * One tree of page tables for all taken cores, below the root that each has for itself.
 * Side: host.  Process context.  map_lock guards the tables, free_lock the
 * list of pages that wait for a flush; free_lock is innermost.
 *
 * Taken cores get no TLB shootdowns from Linux, hence tables of our own.  L3
 * tables exist from the start for every L4 slot that can ever be used, so an
 * L4 is never changed while a core runs.  L2 and L1 tables stay until exit.
 *
 * Each core has an L4 of its own, because of the gate, with the entries of top_l4.  Where the host has
 * five levels that is the table of the last L5 slot (gate, modules, fixmap); the direct map
 * has other slots, whose L4 tables all cores share: top_l5 names them.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <asm/apic.h>
#include <asm/fixmap.h>

#include "cpu.h"
#include "hv.h"
#include "hvmap.h"
#include "pcore.h"
#include <pvhv/layout.h>

#define ENTRY_P		BIT_ULL(0)
#define ENTRY_RW	BIT_ULL(1)
#define ENTRY_UNCACHED	(BIT_ULL(3) | BIT_ULL(4))
#define ENTRY_AD	(BIT_ULL(5) | BIT_ULL(6))
#define ENTRY_PS	BIT_ULL(7)
#define ENTRY_NX	BIT_ULL(63)
#define ENTRY_ADDR	0x000ffffffffff000ULL
#define ENTRY_TABLE	(ENTRY_P | ENTRY_RW | ENTRY_AD)
#define MAP_CODE	(ENTRY_P | ENTRY_AD)
#define MAP_RODATA	(ENTRY_P | ENTRY_AD | ENTRY_NX)
#define MAP_DATA	(ENTRY_P | ENTRY_RW | ENTRY_AD | ENTRY_NX)
#define MAP_DEVICE	(MAP_DATA | ENTRY_UNCACHED)

#define CHUNK_ORDER	9	/* an L2 leaf */
#define SLOT_SIZE	BIT_ULL(39)	/* of an L4 entry */
#define index_of(va, level) (((u64)(va) >> (12 + 9 * ((level) - 1))) & 511)

struct pending_free {
	struct list_head link;
	void		*p;
	unsigned int	order;
};

static DEFINE_MUTEX(map_lock);
static u64 *top_l4;
static u64 *top_l5;	/* NULL with four levels */
static u64 *window_l3;

static void hvmem_free_work(struct work_struct *w);
static DECLARE_WORK(free_work, hvmem_free_work);
static DEFINE_SPINLOCK(free_lock);
static LIST_HEAD(free_list);

/* --- tables --- */

static u64 *hvmap_table(u64 entry)
{
	return __va(entry & ENTRY_ADDR);
}

/* The table that *entry points to; NULL: none, or a leaf. */
static u64 *hvmap_next(u64 *entry, bool make)
{
	u64 *t;

	if (*entry & ENTRY_P)
		return (*entry & ENTRY_PS) ? NULL : hvmap_table(*entry);
	t = make ? (u64 *)get_zeroed_page(GFP_KERNEL) : NULL;
	if (t)
		WRITE_ONCE(*entry, __pa(t) | ENTRY_TABLE);
	return t;
}

/* The L2 (level 2) or L1 (level 1) entry for va, in the tree below l3. */
static u64 *hvmap_entry(u64 *l3, u64 va, int level, bool make)
{
	u64 *t = l3;
	int l;

	for (l = 3; l > level && t; l--)
		t = hvmap_next(&t[index_of(va, l)], make);
	return t ? &t[index_of(va, level)] : NULL;
}

static u64 *hvmap_l4(u64 va, bool make)
{
	u64 slot = index_of(va, 5);

	return top_l5 && slot != 511 ? hvmap_next(&top_l5[slot], make) : top_l4;
}

static u64 *hvmap_l3(u64 va)
{
	u64 *l4 = hvmap_l4(va, false);

	return l4 ? hvmap_next(&l4[index_of(va, 4)], false) : NULL;
}

static int hvmap_set(u64 va, u64 pa, u64 flags)
{
	u64 *e = hvmap_entry(hvmap_l3(va), va, 1, true);

	if (!e)
		return hvmap_l3(va) ? -ENOMEM : -ERANGE;
	WRITE_ONCE(*e, pa | flags);
	return 0;
}

static void hvmap_free_table(u64 *t, int level)
{
	int i;

	for (i = 0; level > 1 && i < 512; i++)
		if ((t[i] & ENTRY_P) && !(t[i] & ENTRY_PS))
			hvmap_free_table(hvmap_table(t[i]), level - 1);
	free_page((unsigned long)t);
}

static void hvmap_free_tree(u64 **t, int level)
{
	if (*t)
		hvmap_free_table(*t, level);
	*t = NULL;
}

void hvmap_fill_root(struct pcore *c)
{
	memcpy(c->l4, top_l4, PAGE_SIZE);
	if (!top_l5)
		return;
	memcpy(c->root, top_l5, PAGE_SIZE);
	c->root[511] = hv_pa(c->l4) | ENTRY_TABLE;
}

/* --- memory --- */

/* A 2 MiB leaf.  An L1 table of former small mappings may be in the way; it is empty now. */
static int hvmap_set_chunk(u64 va, u64 pa)
{
	u64 *e = hvmap_entry(hvmap_l3(va), va, 2, true);
	u64 old;

	if (!e)
		return hvmap_l3(va) ? -ENOMEM : -ERANGE;
	old = *e;
	WRITE_ONCE(*e, pa | MAP_DATA | ENTRY_PS);
	if (old & ENTRY_P) {
		/* a core may still walk the old table */
		hvmem_flush();
		free_page((unsigned long)hvmap_table(old));
	}
	return 0;
}

/* A leaf's 512 pages one by one, so that one of them can go. */
static void hvmap_split_chunk(u64 *leaf)
{
	u64 *t = (u64 *)get_zeroed_page(GFP_KERNEL | __GFP_NOFAIL);
	u64 pa = *leaf & ENTRY_ADDR;
	int i;

	for (i = 0; i < 512; i++)
		t[i] = (pa + i * PAGE_SIZE) | MAP_DATA;
	WRITE_ONCE(*leaf, __pa(t) | ENTRY_TABLE);
}

static void hvmap_clear(u64 va, unsigned int order)
{
	bool small = order < CHUNK_ORDER;
	u64 end = va + (PAGE_SIZE << order);
	u64 *e;

	for (; va < end; va += small ? PAGE_SIZE : PAGE_SIZE << CHUNK_ORDER) {
		e = hvmap_entry(hvmap_l3(va), va, small ? 1 : 2, false);
		if (e && (small || (*e & ENTRY_PS)))
			WRITE_ONCE(*e, 0);
	}
}

int hvmem_map(struct page *p, unsigned int order)
{
	u64 start = (u64)page_address(p), va = start;
	u64 end = start + (PAGE_SIZE << order);
	int err = 0;

	if (end - hv.directmap > hv.max_mfn << PAGE_SHIFT)
		return -ERANGE;
	mutex_lock(&map_lock);
	while (va < end && !err) {
		if (order < CHUNK_ORDER) {
			err = hvmap_set(va, hv_pa((void *)va), MAP_DATA);
			va += PAGE_SIZE;
		} else {
			err = hvmap_set_chunk(va, hv_pa((void *)va));
			va += PAGE_SIZE << CHUNK_ORDER;
		}
	}
	if (err)
		hvmap_clear(start, order);
	mutex_unlock(&map_lock);
	return err;
}

void hvmem_unmap_noflush(struct page *p, unsigned int order)
{
	mutex_lock(&map_lock);
	hvmap_clear((u64)page_address(p), order);
	mutex_unlock(&map_lock);
}

void hvmem_unmap_one_noflush(struct page *p)
{
	u64 va = (u64)page_address(p), *leaf;

	mutex_lock(&map_lock);
	leaf = hvmap_entry(hvmap_l3(va), va, 2, false);
	if (leaf && (*leaf & ENTRY_PS))
		hvmap_split_chunk(leaf);
	hvmap_clear(va, 0);
	mutex_unlock(&map_lock);
}

void hvmem_unmap_all_noflush(struct page *p)
{
	u64 va = (u64)page_address(p), *leaf;

	mutex_lock(&map_lock);
	leaf = hvmap_entry(hvmap_l3(va), va, 2, false);
	if (leaf && (*leaf & ENTRY_PS))
		WRITE_ONCE(*leaf, 0);
	else
		hvmap_clear(va, 0);
	mutex_unlock(&map_lock);
}

void hvmem_unmap(struct page *p, unsigned int order)
{
	hvmem_unmap_noflush(p, order);
	hvmem_flush();
}

void hvmem_flush(void)
{
	cpu_for_each(mailbox_flush);
}

static void *hvmem_alloc_gfp(unsigned int order, gfp_t gfp)
{
	struct page *p = alloc_pages(gfp | GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN, order);

	if (!p)
		return NULL;
	if (hvmem_map(p, order)) {
		__free_pages(p, order);
		return NULL;
	}
	return page_address(p);
}

void *hvmem_alloc(unsigned int order)
{
	return hvmem_alloc_gfp(order, 0);
}

void *hvmem_alloc_low(unsigned int order)
{
	return hvmem_alloc_gfp(order, __GFP_DMA32);
}

static void hvmem_free_work(struct work_struct *w)
{
	struct pending_free *f, *next;
	LIST_HEAD(list);

	spin_lock(&free_lock);
	list_splice_init(&free_list, &list);
	spin_unlock(&free_lock);
	if (list_empty(&list))
		return;
	hvmem_flush();
	list_for_each_entry_safe(f, next, &list, link) {
		free_pages((unsigned long)f->p, f->order);
		kfree(f);
	}
}

void hvmem_free(void *p, unsigned int order)
{
	struct pending_free *f;

	if (!p)
		return;
	hvmem_unmap_noflush(virt_to_page(p), order);
	f = kmalloc(sizeof(*f), GFP_KERNEL);
	if (!f) {
		hvmem_flush();
		free_pages((unsigned long)p, order);
		return;
	}
	f->p = p;
	f->order = order;
	spin_lock(&free_lock);
	list_add_tail(&f->link, &free_list);
	spin_unlock(&free_lock);
	queue_work(system_unbound_wq, &free_work);
}

void hvmem_free_wait(void)
{
	flush_work(&free_work);
}

/* --- M2P window --- */

int hvmap_window_set(u64 region, const u64 *page)
{
	u64 va = PVHV_M2P_VA + region * PAGE_SIZE;
	u64 *e;

	mutex_lock(&map_lock);
	e = hvmap_entry(window_l3, va, 1, true);
	if (e)
		WRITE_ONCE(*e, hv_pa(page) | MAP_RODATA);
	mutex_unlock(&map_lock);
	return e ? 0 : -ENOMEM;
}

void hvmap_window_clear(u64 region)
{
	u64 *e;

	mutex_lock(&map_lock);
	e = hvmap_entry(window_l3, PVHV_M2P_VA + region * PAGE_SIZE, 1, false);
	if (e)
		WRITE_ONCE(*e, 0);
	mutex_unlock(&map_lock);
}

/* --- the module's image --- */

static int hvmap_image(const void *base, unsigned long size, u64 flags)
{
	const char *p = base;
	unsigned long off;
	struct page *page;
	int err = 0;

	for (off = 0; off < size && !err; off += PAGE_SIZE) {
		page = vmalloc_to_page(p + off);
		err = page ? hvmap_set((u64)p + off, page_to_phys(page), flags) : -EFAULT;
	}
	return err;
}

#ifdef for_each_mod_mem_type	/* since 6.4 a module has a piece of memory for each kind */
static int hvmap_module(void)
{
	static const struct {
		enum mod_mem_type type;
		u64 flags;
	} part[] = {
		{ MOD_TEXT, MAP_CODE },
		{ MOD_RODATA, MAP_RODATA },
		{ MOD_RO_AFTER_INIT, MAP_RODATA },
		{ MOD_DATA, MAP_DATA },
	};
	int i, err = 0;

	for (i = 0; i < ARRAY_SIZE(part) && !err; i++) {
		const struct module_memory *m = &THIS_MODULE->mem[part[i].type];

		err = hvmap_image(m->base, m->size, part[i].flags);
	}
	return err;
}
#else
static int hvmap_module(void)
{
	const struct module_layout *l = &THIS_MODULE->core_layout;
	const char *base = l->base;
	int err;

	err = hvmap_image(base, l->text_size, MAP_CODE);
	if (!err)
		err = hvmap_image(base + l->text_size, l->ro_after_init_size - l->text_size, MAP_RODATA);
	if (!err)
		err = hvmap_image(base + l->ro_after_init_size, l->size - l->ro_after_init_size, MAP_DATA);
	return err;
}
#endif

static int hvmap_init_slot(u64 va)
{
	u64 *l4 = hvmap_l4(va, true);

	return l4 && hvmap_next(&l4[index_of(va, 4)], true) ? 0 : -ENOMEM;
}

/* L3 tables for the direct map and for the last slot (modules, fixmap). */
static int hvmap_init_slots(void)
{
	u64 end = hv.directmap + (hv.max_mfn << PAGE_SHIFT);
	u64 va = hv.directmap & ~(SLOT_SIZE - 1);
	int err = hvmap_init_slot(-SLOT_SIZE);

	for (; va < end && !err; va += SLOT_SIZE)
		err = hvmap_init_slot(va);
	return err;
}

int hvmap_init(void)
{
	int err = -ENOMEM;

	top_l4 = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (hv.la57)
		top_l5 = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (!top_l4 || (hv.la57 && !top_l5) || hvmap_init_slots())
		goto fail;
	window_l3 = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (!window_l3)
		goto fail;
	hv.m2p_l3_pa = __pa(window_l3);
	err = hvmap_module();
	if (!err && !hv.x2apic)
		err = hvmap_set(hv.apic_va, APIC_DEFAULT_PHYS_BASE, MAP_DEVICE);
	if (!err)
		return 0;
fail:
	hvmap_exit();
	return err;
}

void hvmap_exit(void)
{
	flush_work(&free_work);
	hvmap_free_tree(&top_l5, 5);
	hvmap_free_tree(&top_l4, 4);
	hvmap_free_tree(&window_l3, 3);
}
