/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recount of all types and references of a domain from its page tables.
 * Side: core.  All vCPUs of the domain are stopped; I/O may go on.
 */
#ifndef PVHV_MM_AUDIT_H
#define PVHV_MM_AUDIT_H

#include "domain.h"

/* Needs d->audit_scratch; the result is in d->audit. */
void audit_domain(struct domain *d);

#endif /* PVHV_MM_AUDIT_H */
