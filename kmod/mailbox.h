/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands and doorbells from the host to a taken core.
 * Side: host.
 */
#ifndef PVHV_MAILBOX_H
#define PVHV_MAILBOX_H

#include <linux/types.h>

struct pcore;

/*
 * Gives a core a PCORE_CMD_* and waits for its answer; sleeps.  -ETIMEDOUT: the
 * core was lost (it is stopped now); -EIO: it panicked; -ENODEV: it is being given back.
 */
int core_command(struct pcore *c, u32 cmd, u64 arg, s64 *ret);
/* The same for commands that may have no answer: the core has taken it on return, or -ETIMEDOUT after ms. */
int core_post(struct pcore *c, u32 cmd, u64 arg, unsigned int ms);
/* 'Look at your mailbox and vCPUs'.  Any context but NMI. */
void core_ring(struct pcore *c);
/* PCORE_CMD_FLUSH, whatever the core's state. */
void mailbox_flush(struct pcore *c);

#endif /* PVHV_MAILBOX_H */
