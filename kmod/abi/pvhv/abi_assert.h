/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Sizes and offsets of the ABI, asserted wherever it is compiled in.
 * Side: ABI.
 */
#ifndef PVHV_ABI_ASSERT_H
#define PVHV_ABI_ASSERT_H

#include <pvhv/hypercall.h>
#include <pvhv/shared.h>
#include <pvhv/start_info.h>

#define PVHV_ASSERT(x)	_Static_assert(x, #x)
#define PVHV_OFF(t, f)	__builtin_offsetof(struct t, f)

PVHV_ASSERT(sizeof(struct pvhv_vcpu_page) == 4096);
PVHV_ASSERT(PVHV_OFF(pvhv_vcpu_page, vif) == PVHV_VCPU_VIF);
PVHV_ASSERT(PVHV_OFF(pvhv_vcpu_page, upcall_pending) == PVHV_VCPU_UPCALL_PENDING);
PVHV_ASSERT(PVHV_OFF(pvhv_vcpu_page, user_rsp) == PVHV_VCPU_USER_RSP);
PVHV_ASSERT(PVHV_OFF(pvhv_vcpu_page, user_gs_base) == PVHV_VCPU_USER_GS);
PVHV_ASSERT(PVHV_OFF(pvhv_vcpu_page, sp0) == PVHV_VCPU_SP0);
PVHV_ASSERT(PVHV_OFF(pvhv_vcpu_page, cr2) == PVHV_VCPU_CR2);
PVHV_ASSERT(PVHV_OFF(pvhv_vcpu_page, pending) == PVHV_VCPU_PENDING);
PVHV_ASSERT(PVHV_OFF(pvhv_vcpu_page, mask) == PVHV_VCPU_MASK);
PVHV_ASSERT(sizeof(struct pvhv_mmu_update) == 16);
PVHV_ASSERT(sizeof(struct pvhv_trap_info) == 16);
PVHV_ASSERT(sizeof(struct pvhv_vcpu_init) == 64);
PVHV_ASSERT(sizeof(struct pvhv_shared_info) == 4096);
PVHV_ASSERT(sizeof(struct pvhv_console_page) == 4096);
PVHV_ASSERT(sizeof(struct pvhv_vdev_page) == 4096);
PVHV_ASSERT(PVHV_OFF(pvhv_vdev_page, queue) == 112);
PVHV_ASSERT(PVHV_OFF(pvhv_vdev_page, config) == 336);
PVHV_ASSERT(sizeof(struct pvhv_start_info) <= 4096);
PVHV_ASSERT(PVHV_PORT_DEV_QUEUE(PVHV_MAX_VDEVS - 1, PVHV_VDEV_MAX_QUEUES - 1) < PVHV_NR_PORTS);

#endif /* PVHV_ABI_ASSERT_H */
