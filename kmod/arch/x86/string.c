// SPDX-License-Identifier: GPL-2.0
/*
 * What the compiler may call for struct copies; nothing of Linux is linked in.
 * Side: core.
 */
#include "string.h"

/*
 * Word by word, for what is large here are pages: the wiping between two domains, the copy of a root. A CPU
 * without ERMS moves single bytes one at a time.
 */
void *hv_memset(void *d, int c, u64 n)
{
	u64 words = n >> 3, bytes = n & 7;
	void *p = d;

	asm volatile("rep stosq" : "+D"(p), "+c"(words) : "a"((u8)c * 0x0101010101010101UL) : "memory");
	if (bytes)
		asm volatile("rep stosb" : "+D"(p), "+c"(bytes) : "a"(c) : "memory");
	return d;
}

void *hv_memcpy(void *d, const void *s, u64 n)
{
	u64 words = n >> 3, bytes = n & 7;
	void *p = d;

	asm volatile("rep movsq" : "+D"(p), "+S"(s), "+c"(words) : : "memory");
	if (bytes)
		asm volatile("rep movsb" : "+D"(p), "+S"(s), "+c"(bytes) : : "memory");
	return d;
}
