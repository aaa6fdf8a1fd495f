/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory operations of the core side.
 * Side: core.
 */
#ifndef PVHV_STRING_H
#define PVHV_STRING_H

#include <linux/types.h>

void *hv_memset(void *d, int c, u64 n);
void *hv_memcpy(void *d, const void *s, u64 n);

#endif /* PVHV_STRING_H */
