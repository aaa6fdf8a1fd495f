/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tree of 4-level page tables under construction, in a pool of our own.
 * Tables are numbered in the order in which they come to be; 0 is the L4.
 */
#ifndef PVHV_LIB_PAGETABLE_H
#define PVHV_LIB_PAGETABLE_H

#include <stdint.h>

#define PT_PRESENT	(1ULL << 0)
#define PT_RW		(1ULL << 1)
#define PT_ACCESSED	(1ULL << 5)
#define PT_DIRTY	(1ULL << 6)
#define PT_NX		(1ULL << 63)
#define PT_ADDR		0x000ffffffffff000ULL

struct pagetable {
	uint64_t (*table)[512];
	uint8_t *level;		/* of each table: 4 .. 1 */
	uint64_t nr, max;
};

/* Virtual addresses first .. last, both included. */
struct va_range {
	uint64_t first, last;
};

/* How many tables it takes to map both ranges with 4 KiB pages. */
uint64_t pagetable_count(const struct va_range *a, const struct va_range *b);

/* Room for max tables; 0 or -ENOMEM. */
int pagetable_init(struct pagetable *pt, uint64_t max);
void pagetable_free(struct pagetable *pt);

/* Maps one page.  Until pagetable_link() upper entries hold table numbers. */
void pagetable_map(struct pagetable *pt, uint64_t va, uint64_t mfn, uint64_t flags);

/* Table number i will live in frame mfns[i]: makes all upper entries point there. */
void pagetable_link(struct pagetable *pt, const uint64_t *mfns);

#endif
