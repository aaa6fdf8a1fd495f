/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel's ELF file. */
#ifndef PVHV_LIB_ELF_H
#define PVHV_LIB_ELF_H

#include "libpvhv.h"

int elf_is(const void *file, size_t size);

/* Fills entry, diff, bounds and segments of image from image->elf. */
int elf_parse(struct pvhv_image *image, struct pvhv_error *err);

#endif
