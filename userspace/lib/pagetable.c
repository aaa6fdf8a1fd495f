// SPDX-License-Identifier: GPL-2.0
/*
 * Builds page tables that will lie in frames which the builder cannot
 * address: entries of upper levels are table numbers first and become
 * machine addresses at the end.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pagetable.h"

#define UPPER_FLAGS	(PT_PRESENT | PT_RW | PT_ACCESSED)

static unsigned int level_shift(unsigned int level)
{
	return 12 + 9 * (level - 1);
}

/* Tables of one level: one for each stretch of 2^shift bytes that a range touches. */
static uint64_t count_level(const struct va_range *a, const struct va_range *b,
			    unsigned int shift)
{
	uint64_t a0 = a->first >> shift, a1 = a->last >> shift;
	uint64_t b0 = b->first >> shift, b1 = b->last >> shift;
	uint64_t first = a0 > b0 ? a0 : b0;
	uint64_t last = a1 < b1 ? a1 : b1;
	uint64_t shared = first <= last ? last - first + 1 : 0;

	return (a1 - a0 + 1) + (b1 - b0 + 1) - shared;
}

uint64_t pagetable_count(const struct va_range *a, const struct va_range *b)
{
	uint64_t n = 1;		/* the L4 */

	for (unsigned int level = 3; level >= 1; level--)
		n += count_level(a, b, level_shift(level + 1));
	return n;
}

int pagetable_init(struct pagetable *pt, uint64_t max)
{
	pt->table = calloc(max, sizeof(*pt->table));
	pt->level = calloc(max, sizeof(*pt->level));
	pt->nr = 1;
	pt->max = max;
	if (!pt->table || !pt->level) {
		pagetable_free(pt);
		return -ENOMEM;
	}
	pt->level[0] = 4;
	return 0;
}

void pagetable_free(struct pagetable *pt)
{
	free(pt->table);
	free(pt->level);
	memset(pt, 0, sizeof(*pt));
}

/* The table below entry 'index' of table 'parent'; made if it is not there. */
static uint64_t descend(struct pagetable *pt, uint64_t parent, unsigned int index)
{
	uint64_t *entry = &pt->table[parent][index];

	if (!*entry) {
		assert(pt->nr < pt->max);
		pt->level[pt->nr] = pt->level[parent] - 1;
		*entry = pt->nr << 12 | UPPER_FLAGS;
		pt->nr++;
	}
	return *entry >> 12;
}

void pagetable_map(struct pagetable *pt, uint64_t va, uint64_t mfn, uint64_t flags)
{
	uint64_t t = 0;

	for (unsigned int level = 4; level > 1; level--)
		t = descend(pt, t, va >> level_shift(level) & 511);
	pt->table[t][va >> 12 & 511] = mfn << 12 | flags;
}

void pagetable_link(struct pagetable *pt, const uint64_t *mfns)
{
	for (uint64_t t = 0; t < pt->nr; t++) {
		if (pt->level[t] == 1)
			continue;
		for (unsigned int i = 0; i < 512; i++) {
			uint64_t *entry = &pt->table[t][i];

			if (*entry)
				*entry = mfns[*entry >> 12] << 12 | UPPER_FLAGS;
		}
	}
}
