/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hypercalls on vCPU state, events and scheduling; documented in abi/pvhv/hypercall.h.
 * Side: core.
 */
#ifndef PVHV_HC_CPU_H
#define PVHV_HC_CPU_H

#include "domain.h"

long hc_set_callback(struct pcore *c, struct vcpu *v);
long hc_set_traps(struct pcore *c, struct vcpu *v);
long hc_sched(struct pcore *c, struct vcpu *v);
long hc_set_timer(struct pcore *c, struct vcpu *v);
long hc_notify(struct pcore *c, struct vcpu *v);
long hc_set_kernel_gs(struct pcore *c, struct vcpu *v);
long hc_set_tls(struct pcore *c, struct vcpu *v);
long hc_set_debugreg(struct pcore *c, struct vcpu *v);
long hc_get_debugreg(struct pcore *c, struct vcpu *v);
long hc_set_tsc_aux(struct pcore *c, struct vcpu *v);
long hc_force_upcall(struct pcore *c, struct vcpu *v);
long hc_bind_port(struct pcore *c, struct vcpu *v);
long hc_send_ipi(struct pcore *c, struct vcpu *v);
long hc_vcpu_op(struct pcore *c, struct vcpu *v);
long hc_set_df_stack(struct pcore *c, struct vcpu *v);
long hc_memory(struct pcore *c, struct vcpu *v);
long hc_set_xcr0(struct pcore *c, struct vcpu *v);

#endif /* PVHV_HC_CPU_H */
