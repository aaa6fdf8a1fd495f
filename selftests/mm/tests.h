/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The list of all tests; X(function, description).
 */
#ifndef SELFTESTS_MM_TESTS_H
#define SELFTESTS_MM_TESTS_H

#include "fake.h"

#define ALL_TESTS(X)								\
	X(test_hook_and_unhook, "a tree is validated when an entry names it, and freed")	\
	X(test_flip_bits, "B1: all pairs of bits flipped on each level")	\
	X(test_upper_half_is_kernel, "A6: G nowhere, U not in the upper half")	\
	X(test_self_map_upgrade, "B2: no writable mapping of a page table")	\
	X(test_linear_tables, "B3: tables of a wrong level")			\
	X(test_bad_frames, "B4 A10: frames that are not ours")			\
	X(test_hypervisor_slots, "A9: hypervisor's slots stay empty")		\
	X(test_commands, "B15: commands in the low bits")			\
	X(test_plain_frames, "updates of frames that are no tables")		\
	X(test_update_va, "C4: updates by address")				\
	X(test_guest_access, "guest_read and guest_write")			\
	X(test_pin_invalid_entry, "B5: an invalid entry at each index of each level")	\
	X(test_preempt_everywhere, "F3: preempted at every entry")		\
	X(test_slice_bound, "F1: a call's work is bounded")			\
	X(test_helped, "F4: work left by one vCPU is finished by another")	\
	X(test_shared_subtrees, "tables shared by two roots")			\
	X(test_writable_frames, "E: frames with writable mappings become no tables")	\
	X(test_roots, "H2 C6: loaded roots stay")				\
	X(test_io, "B21: frames in I/O become no tables")			\
	X(test_overflow, "B20: counts do not wrap")				\
	X(test_start, "bad initial trees")					\
	X(test_teardown, "teardown at any point")				\
	X(test_balloon_busy, "B12: what is in use is not given back")		\
	X(test_balloon_reuse, "C3: frames given back and taken again")		\
	X(test_audit_finds, "the audit finds every kind of difference")		\
	X(test_random, "random operations, audit after each")			\
	X(test_threads, "B6 B7: three vCPUs race")

#define TEST_DECLARE(fn, text) void fn(void);
ALL_TESTS(TEST_DECLARE)

#endif
