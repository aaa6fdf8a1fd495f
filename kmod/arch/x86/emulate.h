/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Privileged instructions that a guest kernel executes by mistake or by habit.
 * Side: core.
 */
#ifndef PVHV_EMULATE_H
#define PVHV_EMULATE_H

#include "domain.h"

/* After #GP in ring 1: true = done and RIP moved on; false = the guest gets its #GP. */
bool emulate_privileged(struct vcpu *v);

#endif /* PVHV_EMULATE_H */
