/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All tests; main.c has their list.
 */
#ifndef SELFTESTS_MM_TESTS_H
#define SELFTESTS_MM_TESTS_H

#include "fake.h"

void test_hook_and_unhook(void);
void test_flip_bits(void);
void test_absent(void);
void test_upper_half_is_kernel(void);
void test_self_map_upgrade(void);
void test_linear_tables(void);
void test_bad_frames(void);
void test_hypervisor_slots(void);
void test_commands(void);
void test_plain_frames(void);
void test_update_va(void);
void test_guest_access(void);
void test_stale_tlb(void);
void test_batch(void);
void test_pin_invalid_entry(void);
void test_preempt_everywhere(void);
void test_slice_bound(void);
void test_helped(void);
void test_shared_subtrees(void);
void test_writable_frames(void);
void test_roots(void);
void test_io(void);
void test_overflow(void);
void test_start(void);
void test_start_slices(void);
void test_teardown(void);
void test_lock_order(void);
void test_balloon_busy(void);
void test_balloon_reuse(void);
void test_balloon_target(void);
void test_audit_finds(void);
void test_audit_slices(void);
void test_lock_robust(void);
void test_lock_dead(void);
void test_lock_alive(void);
void test_lock_ranks(void);
void test_random(void);
void test_threads(void);

#endif
