/* SPDX-License-Identifier: GPL-2.0 */
/* Loop devices of this host. */
#ifndef PVHV_LIB_LOOPDEV_H
#define PVHV_LIB_LOOPDEV_H

#include <sys/stat.h>

/* As /dev/NAME. */
#define LOOPDEV_NAME	256

/*
 * Is the file behind st the backing file of a loop device of this host?  With readonly set, devices that are
 * read-only do not count.  Returns 1 and fills name, or 0: none that can be looked at (loop(4), LOOP_GET_STATUS64).
 */
int loopdev_find(const struct stat *st, int readonly, char name[LOOPDEV_NAME]);

#endif
