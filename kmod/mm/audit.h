/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recount of all types and references of a domain from its page tables.
 * Side: core.  All vCPUs of the domain are stopped; I/O may go on.
 */
#ifndef PVHV_MM_AUDIT_H
#define PVHV_MM_AUDIT_H

#include "domain.h"

/*
 * One slice.  Needs d->audit_scratch, and both that and d->audit cleared before the first one.  0: done, the
 * result is in d->audit; MM_AGAIN: call again; nothing of the domain's memory changes meanwhile but I/O.
 */
long audit_domain(struct domain *d);

#endif /* PVHV_MM_AUDIT_H */
