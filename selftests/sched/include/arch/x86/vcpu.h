/* SPDX-License-Identifier: GPL-2.0 */
/* The fake arch layer: a vCPU has no registers. */
#ifndef SELFTESTS_SCHED_VCPU_H
#define SELFTESTS_SCHED_VCPU_H

#include "domain.h"

void vcpu_switch(struct pcore *c, struct vcpu *v);

#endif
