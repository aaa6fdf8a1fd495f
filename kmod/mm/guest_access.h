/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies from and to a guest's virtual addresses, as its kernel sees them.
 * Side: core.  No locks: a walk that races with an update may see either state,
 * as a TLB may, but only ever touches frames of the domain, held by a reference.
 */
#ifndef PVHV_MM_GUEST_ACCESS_H
#define PVHV_MM_GUEST_ACCESS_H

#include "domain.h"

/*
 * 0 or -EFAULT: not canonical, in the hypervisor's slots, not mapped; for
 * writes also: not writable, or a page table.  A failed write may have
 * written the pages before the one that failed.
 */
int guest_read(struct vcpu *v, u64 va, void *dst, u32 len);
int guest_write(struct vcpu *v, u64 va, const void *src, u32 len);

#endif /* PVHV_MM_GUEST_ACCESS_H */
