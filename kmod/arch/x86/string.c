// SPDX-License-Identifier: GPL-2.0
/*
 * What the compiler may call for struct copies; nothing of Linux is linked in.
 * Side: core.
 */
#include "string.h"

void *hv_memset(void *d, int c, u64 n)
{
	void *p = d;

	asm volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(c) : "memory");
	return d;
}

void *hv_memcpy(void *d, const void *s, u64 n)
{
	void *p = d;

	asm volatile("rep movsb" : "+D"(p), "+S"(s), "+c"(n) : : "memory");
	return d;
}
