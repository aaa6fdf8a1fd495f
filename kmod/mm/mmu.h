/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Updates of single page-table entries by hypercall.
 * Side: core.  Take the domain's mm_lock themselves.
 * Errors: see PVHV_HC_MMU_UPDATE; MM_AGAIN: call again with the same arguments.
 */
#ifndef PVHV_MM_MMU_H
#define PVHV_MM_MMU_H

#include "mm/op.h"

/*
 * Applies entries *done to end - 1 of the guest's queue q, each read once, in one stay under the lock: up to
 * the first that is none of a valid L1 table, which may take long (its domain's other vCPUs wait meanwhile),
 * or is refused.  *done counts on with each that is applied.  0, also when the stay ended before the queue.
 */
long mmu_update(struct vcpu *v, const volatile struct pvhv_mmu_update *q, u64 *done, u64 end);
long mmu_update_va(struct vcpu *v, u64 va, u64 val);
/* At the end of a batch, successful or not: nobody goes on using what it took away. */
void mmu_update_end(struct vcpu *v);

/*
 * Helps whatever operation of the domain is under way, or goes on with this
 * vCPU's own (the one it left with MM_AGAIN, named by kind, key, and arg).
 * 0: none is left; 1: the own one is done, result in mm_op.result; MM_AGAIN.
 */
long mmu_resume(struct mm_ctx *c, struct vcpu *v, u32 kind, u64 key, u64 arg);
/* Runs the operation just started; remembers it in v if it takes longer.  0 or -errno when done. */
long mmu_run_own(struct mm_ctx *c, struct vcpu *v, u32 kind, u64 key, u64 arg);

#endif /* PVHV_MM_MMU_H */
