// SPDX-License-Identifier: GPL-2.0
/*
 * C6 (XSA-438), C5: roots that go while a sibling uses or caches them.
 * Attack: vCPU 1, on another core, switches between 6 roots, of which its core
 * has copies, as fast as it can; vCPU 0 unpins and pins the same roots, and changes
 * entries of their L4. 'crash': the guest dies in the midst of it.
 * Must happen: what is loaded cannot be unpinned (-EBUSY); what was unpinned cannot be
 * loaded (-EINVAL); vCPU 1 always sees the memory of the root that it loaded.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "smp.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define ROOTS	6
#define SLOT	9
#define VA	((u64)SLOT << 39)
#define SECONDS	8
#define CRASH_AFTER	2
#define PATIENCE	30	/* until both have done something, on a busy machine */

static u64 *roots[ROOTS], l3s[ROOTS];
static volatile u64 loads, refused, wrong;

/* Root i shows a page that begins with i at VA. */
static void make(unsigned int i)
{
	u64 *l3 = page_alloc(), *l2 = page_alloc(), *l1 = page_alloc(), *page = page_alloc();

	roots[i] = root_new();
	page[0] = 1000 + i;
	l1[0] = page_pte(page, PTE_KERN_RO);
	l2[0] = page_pte(l1, PTE_TABLE);
	l3[0] = page_pte(l2, PTE_TABLE);
	l3s[i] = page_pte(l3, PTE_TABLE);
	roots[i][SLOT] = l3s[i];
}

static void switcher(void)
{
	u64 n = 0;

	while (!smp_stop) {
		unsigned int i = n++ * 7 % ROOTS;
		u64 val = 0, vec;

		if (root_load(roots[i])) {
			refused++;
			continue;
		}
		loads++;
		vec = try_read(VA, &val);
		/* the entry may be away just now, but never another's */
		if (vec == NO_TRAP ? val != 1000 + i : vec != TRAP_PF)
			wrong++;
	}
	root_load(boot_root);
}

void test(void)
{
	u64 end, limit, unpinned = 0, busy = 0, bad = 0, n = 0;
	bool crash = variant("crash");
	unsigned int i;

	for (i = 0; i < ROOTS; i++) {
		make(i);
		bad += root_pin(roots[i]) != 0;
	}
	same(0, bad, "%u roots", ROOTS);
	same(0, smp_start(switcher), "vCPU 1 starts");
	if (!ok(smp_wait(5000), "and runs"))
		return;
	end = rdtsc() + (crash ? CRASH_AFTER : SECONDS) * 1000 * ticks_per_ms();
	limit = rdtsc() + PATIENCE * 1000 * ticks_per_ms();
	while (rdtsc() < end || (!(unpinned && loads) && rdtsc() < limit)) {
		u64 *root = roots[n++ * 5 % ROOTS];
		long ret = root_unpin(root);

		busy += ret == -EBUSY;
		bad += ret && ret != -EBUSY;
		if (!ret) {
			unpinned++;
			bad += try_write((u64)root, root[0]) != NO_TRAP;
			bad += root_pin(root) != 0;
		} else {
			u64 entry = page_mfn(root) * PAGE + SLOT * 8, old = READ_ONCE(root[SLOT]);

			bad += hc_mmu_update(entry, 0) != 0;
			bad += hc_mmu_update(entry, old) != 0;
		}
	}
	if (crash) {
		ok(unpinned && loads, "it dies while roots come and go");
		tap_plan();
		trap_remove_all();
		asm volatile("ud2");
	}
	ok(smp_end(5000), "vCPU 1 ends");
	same(0, bad, "roots were unpinned %lu times, and busy %lu times", unpinned, busy);
	same(0, wrong, "vCPU 1 loaded %lu roots and saw what belongs to them; %lu were refused", loads,
	     refused);
	ok(unpinned && loads, "both did something");
	for (i = 0; i < ROOTS; i++)
		bad += root_unpin(roots[i]) != 0;
	same(0, bad, "all can be unpinned in the end");
}
