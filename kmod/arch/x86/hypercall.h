/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hypercall table.
 * Side: core.
 */
#ifndef PVHV_HYPERCALL_CORE_H
#define PVHV_HYPERCALL_CORE_H

#include "domain.h"

/* Executes the hypercall in v->regs; result in rax. */
void hypercall(struct pcore *c, struct vcpu *v);

#endif /* PVHV_HYPERCALL_CORE_H */
