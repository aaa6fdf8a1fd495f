/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The names of types that the kernel has, for freestanding guests.
 * Side: guest.
 */
#ifndef GUEST_TYPES_H
#define GUEST_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
/* long, so that %lx prints it */
typedef unsigned long u64;
typedef __s32 s32;
typedef long s64;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define barrier()	asm volatile("" : : : "memory")

#define PAGE		4096UL

#endif
