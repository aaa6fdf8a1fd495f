/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of a taken core: struct pcore and all the pages that it names.
 * Side: host.
 */
#ifndef PVHV_COREBLOCK_H
#define PVHV_COREBLOCK_H

struct pcore;

/* For a Linux CPU number and an index in hv.cores[]; ready to start.  NULL: no memory. */
struct pcore *coreblock_alloc(unsigned int cpu, unsigned int index);
/* No core executes on it or looks at it any more. */
void coreblock_free(struct pcore *c);

#endif /* PVHV_COREBLOCK_H */
