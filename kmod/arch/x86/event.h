/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Making events pending for a vCPU, from a core.
 * Side: core.  The host's twin is hostdom_raise.
 */
#ifndef PVHV_EVENT_H
#define PVHV_EVENT_H

#include "domain.h"

/* Sets the port pending and wakes the vCPU if it is not masked. */
void event_send(struct vcpu *v, unsigned int port);
/* Tells the vCPU's core to look at it; why: see sched/wake.h. */
void event_wake(struct vcpu *v, u32 why);
/* Sets the domain's notify bit of the port and rings the host. */
void event_notify_host(struct pcore *c, struct domain *d, unsigned int port);
/* Is anything pending that is not masked? */
bool event_pending(const struct vcpu *v);

#endif /* PVHV_EVENT_H */
