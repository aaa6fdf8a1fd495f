/* SPDX-License-Identifier: GPL-2.0 */
/* Opening what a guest sees as a disk. */
#ifndef PVHV_LIB_DISK_H
#define PVHV_LIB_DISK_H

#include "libpvhv.h"

/* Opens an image or block device.  Returns its descriptor. */
int disk_open(const struct pvhv_disk_config *disk, struct pvhv_error *err);

#endif
