/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the compiler may call, and comparisons of strings.
 * Side: guest.
 */
#ifndef GUEST_STRING_H
#define GUEST_STRING_H

#include "types.h"

void *memset(void *d, int c, size_t n);
void *memcpy(void *d, const void *s, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
bool streq(const char *a, const char *b);

#endif
