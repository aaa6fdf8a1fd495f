/* SPDX-License-Identifier: GPL-2.0 */
/* The x86 boot protocol's file format. */
#ifndef PVHV_LIB_BZIMAGE_H
#define PVHV_LIB_BZIMAGE_H

#include "libpvhv.h"

/* Does the file bear a Linux setup header? */
int bzimage_is(const void *file, size_t size);

/* Unpacks the vmlinux inside; the caller frees *elf. */
int bzimage_unpack(const void *file, size_t size, void **elf, size_t *elf_size,
		   struct pvhv_error *err);

#endif
