/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frame tables and M2P pages of the 2 MiB regions that hold donated memory.
 * Side: host.  Process context; the calls sleep.
 */
#ifndef PVHV_REGION_H
#define PVHV_REGION_H

#include <linux/types.h>

int region_init(void);
void region_exit(void);		/* no region has a reference */

/* hv.regions[] has tables for the region of these n frames from now on.  -ENOMEM, -ERANGE: no such frame. */
int region_get(u64 mfn, unsigned int n);
/* Drops that for n of them.  Nothing refers to these frames any more. */
void region_put(u64 mfn, unsigned int n);

#endif /* PVHV_REGION_H */
