/* SPDX-License-Identifier: GPL-2.0 */
/* Decompression of a kernel's payload. */
#ifndef PVHV_LIB_UNPACK_H
#define PVHV_LIB_UNPACK_H

#include "libpvhv.h"

/*
 * Unpacks src (the format is told by its first bytes) into a new buffer of
 * exactly 'size' bytes, which the caller frees.  Data after the compressed
 * stream is ignored.  -ENOEXEC: format unknown, data broken, or another size.
 */
int unpack_payload(const void *src, size_t len, size_t size, void **out, struct pvhv_error *err);

#endif
