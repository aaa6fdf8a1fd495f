/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames, and the guest's page tables by hypercall.
 * Side: guest.
 *
 * Pages are named by their address in the direct map.  A page of the image
 * cannot become a page table: it is mapped twice.
 */
#ifndef GUEST_MM_H
#define GUEST_MM_H

#include "hypercall.h"

#define PTE_P		0x1UL
#define PTE_RW		0x2UL
#define PTE_US		0x4UL
#define PTE_PWT		0x8UL
#define PTE_PCD		0x10UL
#define PTE_A		0x20UL
#define PTE_D		0x40UL
#define PTE_PSE		0x80UL
#define PTE_G		0x100UL
#define PTE_NX		(1UL << 63)
#define PTE_ADDR	0x000ffffffffff000UL

#define PTE_TABLE	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_KERN	(PTE_P | PTE_RW | PTE_A | PTE_D)
#define PTE_KERN_RO	(PTE_P | PTE_A | PTE_D)
#define PTE_USER	(PTE_KERN | PTE_US)
#define PTE_USER_RO	(PTE_KERN_RO | PTE_US)

void mm_init(void);

/* A zeroed page, in the direct map, with no other mapping; panics when there is none. */
void *page_alloc(void);
void page_free(void *page);
u64 pages_left(void);

static inline u64 gfn_mfn(u64 gfn)
{
	return ((const volatile u64 *)PVHV_P2M_VA)[gfn];
}

static inline u64 mfn_gfn(u64 mfn)
{
	return ((const volatile u64 *)PVHV_M2P_VA)[mfn];
}

static inline void *gfn_page(u64 gfn)
{
	return (void *)(PVHV_DIRECTMAP_VA + gfn * PAGE);
}

/* Of an address in the direct map or in the image. */
static inline u64 va_gfn(const void *va)
{
	u64 a = (u64)va;

	return (a - (a >= PVHV_KERNMAP_VA ? PVHV_KERNMAP_VA : PVHV_DIRECTMAP_VA)) / PAGE;
}

static inline u64 page_mfn(const void *va)
{
	return gfn_mfn(va_gfn(va));
}

static inline u64 page_pte(const void *va, u64 flags)
{
	return page_mfn(va) * PAGE | flags;
}

/* A frame that is surely mine, by its machine frame number. */
static inline void *mfn_page(u64 mfn)
{
	return gfn_page(mfn_gfn(mfn));
}

static inline unsigned int pt_index(u64 va, unsigned int level)
{
	return va >> (12 + 9 * (level - 1)) & 511;
}

/* The L4 that the builder made, and the one that map_page and friends work on (the same, unless changed). */
extern u64 *boot_root, *mm_root;

/* The table of that level on the way to va, in the direct map; NULL: none. */
u64 *pt_table(u64 va, unsigned int level);
/* Machine address of the entry of that level for va; its table must exist. */
u64 pt_entry(u64 va, unsigned int level);
/* The entry as it is now; 0 if there is no table. */
u64 pt_read(u64 va, unsigned int level);
/* Makes tables down to level (1: for a page) and puts an entry there: 0 or -errno. */
long map_level(u64 va, unsigned int level, u64 entry);
/* Maps a page at va; panics when that is refused. */
void map_page(u64 va, const void *page, u64 flags);
void unmap_page(u64 va);
/* Changes the direct map's entry of a page: flags without PTE_P take it away. */
long direct_set(const void *page, u64 flags);

/* A new L4 that shares all that boot_root maps in the upper half; not pinned. */
u64 *root_new(void);
long root_pin(const u64 *root);
long root_unpin(const u64 *root);
long root_load(const u64 *root);

#endif
