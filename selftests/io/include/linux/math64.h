/* SPDX-License-Identifier: GPL-2.0 */
/* As x86 does it: a quotient of more than 64 bits ends the program.  Side: user space. */
#ifndef TEST_LINUX_MATH64_H
#define TEST_LINUX_MATH64_H

#include <linux/types.h>
#include <stdlib.h>

static inline u64 mul_u64_u64_div_u64(u64 a, u64 mul, u64 div)
{
	unsigned __int128 q = (unsigned __int128)a * mul / div;

	if (q >> 64)
		abort();
	return q;
}

#endif
