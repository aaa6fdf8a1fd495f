/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of an image that are discarded or filled with zeros.
 * Side: host.  Free of the kernel.
 */
#ifndef PVHV_IO_IMAGE_RANGE_H
#define PVHV_IO_IMAGE_RANGE_H

#include <linux/types.h>

/* They lie inside the image. */
struct image_range {
	u64		sector;		/* of 512 bytes */
	u32		nr;
	bool		unmap;		/* zeros need no room on the host */
};
#define IMAGE_MAX_RANGES	16

#endif /* PVHV_IO_IMAGE_RANGE_H */
