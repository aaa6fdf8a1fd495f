/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupts and start signals from the host to a taken core.
 * Side: host.
 */
#ifndef PVHV_IPI_H
#define PVHV_IPI_H

#include <linux/types.h>

/* Stops a core wherever it is; it then waits for a start-up signal and touches no memory.  Any context. */
void ipi_init(u32 apicid);
/* Starts a stopped core in real mode at that page (below 1 MiB). */
void ipi_startup(u32 apicid, unsigned long pfn);
/* Any context. */
void ipi_send(u32 apicid, unsigned int vector);

#endif /* PVHV_IPI_H */
