/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Caps: how much of a core all vCPUs of a domain may have together.
 * Side: core.
 */
#ifndef PVHV_SCHED_CAP_H
#define PVHV_SCHED_CAP_H

#include "domain.h"

/* A vCPU of it ran for so many ticks. */
void cap_charge(struct domain *d, u64 ran);
/* How long v may run before its domain's cap is looked at again; 0: it is used up; ~0: no cap. */
u64 cap_left(struct vcpu *v, u64 now);
/* TSC at which a domain that has used up its cap gets more. */
u64 cap_renewal(const struct domain *d);

#endif /* PVHV_SCHED_CAP_H */
