/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Indexes that come from a guest, where the branch that checked them may have been mispredicted.
 * Side: both.  No locks.
 */
#ifndef PVHV_NOSPEC_H
#define PVHV_NOSPEC_H

#include <linux/types.h>

/* index if index < size, else 0, without a branch. */
static inline u64 nospec_index(u64 index, u64 size)
{
	u64 mask;

	asm volatile("cmpq %1, %2; sbbq %0, %0" : "=r"(mask) : "g"(size), "r"(index) : "cc");
	return index & mask;
}

#endif /* PVHV_NOSPEC_H */
