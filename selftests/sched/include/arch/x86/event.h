/* SPDX-License-Identifier: GPL-2.0 */
/* The fake arch layer: pending events are the bits of the vCPU page, as on a core. */
#ifndef SELFTESTS_SCHED_EVENT_H
#define SELFTESTS_SCHED_EVENT_H

#include "domain.h"

bool event_pending(const struct vcpu *v);

#endif
