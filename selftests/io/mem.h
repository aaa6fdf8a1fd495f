/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest's memory, as its devices read it.
 * Side: user space.
 */
#ifndef TEST_MEM_H
#define TEST_MEM_H

#include <errno.h>
#include <string.h>
#include <linux/types.h>

#define GUEST_BASE	0x100000ULL	/* guest-physical address of the first byte that there is */

/* -ERANGE: not all of it is there. */
static inline int mem_read(const u8 *mem, u32 size, u64 addr, void *dst, u32 len)
{
	if (addr < GUEST_BASE || addr - GUEST_BASE > size || len > size - (addr - GUEST_BASE))
		return -ERANGE;
	memcpy(dst, mem + (addr - GUEST_BASE), len);
	return 0;
}

#endif
