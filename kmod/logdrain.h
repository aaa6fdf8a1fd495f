/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Brings what cores log into the host's log.
 * Side: host.
 */
#ifndef PVHV_LOGDRAIN_H
#define PVHV_LOGDRAIN_H

#include <linux/compiler.h>

#include "pcore.h"

/* Is there anything to take over?  Any context. */
static inline bool logdrain_waits(const struct pcore *c)
{
	return READ_ONCE(c->log_head) != READ_ONCE(c->log_tail);
}

/* Takes over what is there. */
void logdrain_core(struct pcore *c);
/* The same for a core that nobody else drains any more. */
void logdrain_last(struct pcore *c);

#endif /* PVHV_LOGDRAIN_H */
