/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interrupt that taken cores send to the host.
 * Side: host.
 */
#ifndef PVHV_DOORBELL_H
#define PVHV_DOORBELL_H

int doorbell_init(void);
void doorbell_exit(void);

/* Tells all taken cores where the interrupt goes now. */
void doorbell_publish(void);
/* Does what the interrupt's thread does.  Process context. */
void doorbell_poll(void);

#endif /* PVHV_DOORBELL_H */
