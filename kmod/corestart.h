/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Starts a core that Linux has taken offline.
 * Side: host.
 */
#ifndef PVHV_CORESTART_H
#define PVHV_CORESTART_H

struct pcore;

/* The core runs core_main on return.  -ETIMEDOUT: it does not, and is stopped. */
int corestart(struct pcore *c);

#endif /* PVHV_CORESTART_H */
