// SPDX-License-Identifier: GPL-2.0
/*
 * Unit and stress tests of kmod/mm: the very files of the module, compiled as a program.
 * Usage: mm_test [-s seed] [-t seconds] [-x] [name]; TAP on stdout; -x: stops at the first failure.
 */
#include <unistd.h>
#include "tests.h"

unsigned int test_seed = 1;
unsigned int test_seconds = 4;	/* for random and threads, each */

static const struct test tests[] = {
	{ "test_hook_and_unhook: a tree is validated when an entry names it, and freed", test_hook_and_unhook },
	{ "test_flip_bits: B1: all pairs of bits flipped on each level", test_flip_bits },
	{ "test_absent: I4: entries that are not present name no memory", test_absent },
	{ "test_upper_half_is_kernel: A6: G nowhere, U not in the upper half", test_upper_half_is_kernel },
	{ "test_self_map_upgrade: B2: no writable mapping of a page table", test_self_map_upgrade },
	{ "test_linear_tables: B3: tables of a wrong level", test_linear_tables },
	{ "test_bad_frames: B4 A10: frames that are not ours", test_bad_frames },
	{ "test_hypervisor_slots: A9: hypervisor's slots stay empty", test_hypervisor_slots },
	{ "test_commands: B15: commands in the low bits", test_commands },
	{ "test_plain_frames: updates of frames that are no tables", test_plain_frames },
	{ "test_update_va: C4: updates by address", test_update_va },
	{ "test_guest_access: guest_read and guest_write", test_guest_access },
	{ "test_stale_tlb: B7: what a TLB still holds", test_stale_tlb },
	{ "test_batch: a stay under the lock, and what it left", test_batch },
	{ "test_pin_invalid_entry: B5: an invalid entry at each index of each level", test_pin_invalid_entry },
	{ "test_preempt_everywhere: F3: preempted at every entry", test_preempt_everywhere },
	{ "test_slice_bound: F1: a call's work is bounded", test_slice_bound },
	{ "test_helped: F4: work left by one vCPU is finished by another", test_helped },
	{ "test_shared_subtrees: tables shared by two roots", test_shared_subtrees },
	{ "test_writable_frames: E: frames with writable mappings become no tables", test_writable_frames },
	{ "test_roots: H2 C6: loaded roots stay", test_roots },
	{ "test_io: B21: frames in I/O become no tables", test_io },
	{ "test_overflow: B20: counts do not wrap", test_overflow },
	{ "test_start: bad initial trees", test_start },
	{ "test_start_slices: F1: a start in slices, its way back too", test_start_slices },
	{ "test_teardown: F2: teardown at any point, in bounded pieces", test_teardown },
	{ "test_lock_order: F7: the lock is fair", test_lock_order },
	{ "test_balloon_busy: B12: what is in use is not given back", test_balloon_busy },
	{ "test_balloon_reuse: C3: frames given back and taken again", test_balloon_reuse },
	{ "test_balloon_target: H7, B9: targets, and what is the host's", test_balloon_target },
	{ "test_audit_finds: the audit finds every kind of difference", test_audit_finds },
	{ "test_audit_slices: F1: an audit in slices", test_audit_slices },
	{ "test_lock_robust: a lock of a core that died passes on", test_lock_robust },
	{ "test_lock_dead: a lock that a core died with is given up by all", test_lock_dead },
	{ "test_lock_alive: who lives is waited for", test_lock_alive },
	{ "test_lock_ranks: C7: locks are taken in one order", test_lock_ranks },
	{ "test_random: random operations, audit after each", test_random },
	{ "test_threads: B6 B7: three vCPUs race", test_threads },
};

static int selected(const struct test *t, const char *name)
{
	return !name || strstr(t->name, name);
}

static unsigned int count_selected(const char *name)
{
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(tests); i++)
		n += selected(&tests[i], name);
	return n;
}

int main(int argc, char **argv)
{
	unsigned int i, nr = 0, failed = 0;
	int opt, first = 0;

	while ((opt = getopt(argc, argv, "s:t:x")) != -1) {
		if (opt == 's')
			test_seed = strtoul(optarg, NULL, 0);
		else if (opt == 't')
			test_seconds = strtoul(optarg, NULL, 0);
		else if (opt == 'x')
			first = 1;
		else
			return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", count_selected(argv[optind]));
	fake_machine();
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		if (!selected(&tests[i], argv[optind]))
			continue;
		srand(test_seed);
		fake_failed = 0;
		tests[i].run();
		printf("%sok %u %s\n", fake_failed ? "not " : "", ++nr, tests[i].name);
		failed += fake_failed != 0;
		if (failed && first)
			break;
	}
	return failed ? 1 : 0;
}
