/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text to the guest's console.
 * Side: guest.
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include "types.h"
#include <stdarg.h>

/* %s %c %d %u %x, with l: 64 bits (ll too). */
void printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void vprintf(const char *fmt, va_list ap);
void console_write(const char *s, u32 len);
/* Waits until the host has taken all of it. */
void console_flush(void);

#endif
