/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vCPU state in the registers of a core, and the run of a guest.
 * Side: core (vcpu_init_state is called by the host).
 */
#ifndef PVHV_VCPU_H
#define PVHV_VCPU_H

#include "domain.h"

/* At creation: registers and constants of a vCPU whose pages are allocated and zero. */
void vcpu_init_state(struct vcpu *v);
/* Makes v (NULL: nobody) the vCPU whose state this core holds; saves the one before. */
void vcpu_switch(struct pcore *c, struct vcpu *v);
/* Runs v until it should give up the core: blocked, ended, preempted, or the mailbox waits. */
void vcpu_run(struct pcore *c, struct vcpu *v);
/* What the guest finds in DR7. The gate arms it with each entry to the guest and disarms it with each exit. */
void vcpu_set_dr7(struct vcpu *v, u64 val);
/* Breakpoint addresses into the registers, if any is armed. */
void vcpu_load_debug(const struct vcpu *v);
/* vCPU 0 at the start: root, registers.  -errno if the builder's page tables or addresses are bad. */
long vcpu_start(struct domain *d);

#endif /* PVHV_VCPU_H */
