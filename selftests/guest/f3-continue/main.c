// SPDX-License-Identifier: GPL-2.0
/*
 * F3 (XSA-111, 296), F4: what happens between the slices of a long hypercall.
 * Attack: a timer as short as can be, whose handler finds the call preempted and does others of its own;
 * changes the registers with which the call will go on; changes the argument page; or never goes on.
 * Must happen: without changes the result is that of a call that was never preempted; whatever
 * was changed is taken as fresh input; what was left half done harms nobody.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define TABLES	256	/* of each tree: many slices, longer than an emulated timer is late */
#define TRIES	300
#define HOOKS	200	/* tables of one MMU_UPDATE */
#define ROUNDS	6
#define GIVE	512
#define VA	0x100000000000UL

enum tamper {
	NOTHING, OTHER_CALLS, FAILING_CALLS, OTHER_ROOT, OTHER_OP, OTHER_NUMBER, NEVER_AGAIN,
	COUNT_HUGE, COUNT_SMALL, EVIL_ENTRIES, INCREASE_IT,
};

static u64 *trees[2], *small, *bad_root, evil_entry;
static enum tamper tamper;
static volatile u64 between, nested_bad;
static u64 watched;	/* number of the call that is preempted */

/* As soon as a timer rings; what is past would ring at once, before the call. */
static void ring_soon(void)
{
	timer_set(rdtsc() + ticks_per_ms() / 20);
}

static void nested(struct trap_frame *f)
{
	unsigned int i;

	switch (tamper) {
	case OTHER_CALLS:
		nested_bad += root_pin(small) != 0;
		nested_bad += root_unpin(small) != 0;
		break;
	case FAILING_CALLS:
		nested_bad += root_pin(bad_root) != -EINVAL;
		break;
	case OTHER_ROOT:
		f->rsi = page_mfn(trees[1]);
		break;
	case OTHER_OP:
		f->rdi = PVHV_MMU_UNPIN;
		f->rsi = page_mfn(small);
		break;
	case OTHER_NUMBER:
		f->rax = PVHV_NR_HC;
		break;
	case NEVER_AGAIN:
		f->rip += 2;
		f->rax = 77;
		break;
	case COUNT_HUGE:
		*(watched == PVHV_HC_MEMORY ? &f->rsi : &f->rdi) = 1UL << 32;
		break;
	case COUNT_SMALL:
		*(watched == PVHV_HC_MEMORY ? &f->rsi : &f->rdi) = 1;
		break;
	case EVIL_ENTRIES:
		for (i = 0; i < PVHV_MMU_QUEUE_LEN; i++) {
			arg_page[2 * i] = evil_entry;
			arg_page[2 * i + 1] = page_pte(boot_root, PTE_KERN);
		}
		break;
	case INCREASE_IT:
		f->rdi = PVHV_MEM_INCREASE;
		break;
	default:
		break;
	}
}

/* Is it a SYSCALL that is to be executed again? */
static void look(struct trap_frame *f)
{
	const u8 *insn = (const u8 *)f->rip;

	if ((f->cs & 3) == 0 && insn[0] == 0x0f && insn[1] == 0x05 && f->rax == watched) {
		between++;
		nested(f);
	}
	if (tamper != NEVER_AGAIN)
		ring_soon();
}

/* A call with the timer ringing all the time. */
static __attribute__((noinline)) long preempted(enum tamper how, u64 nr, u64 a, u64 b)
{
	long ret;

	tamper = how;
	watched = nr;
	event_hook = look;
	ring_soon();
	ret = hypercall(nr, a, b, 0);
	event_hook = NULL;
	timer_set(~0UL);
	return ret;
}

static u64 *tree(unsigned int slot, u64 leaf, u64 **l1s, unsigned int n)
{
	u64 *root = root_new(), *l3 = page_alloc(), *l2 = page_alloc();
	unsigned int i, j;

	root[slot] = page_pte(l3, PTE_TABLE);
	l3[0] = page_pte(l2, PTE_TABLE);
	for (i = 0; i < n; i++) {
		u64 *l1 = page_alloc();

		for (j = 0; j < 512; j++)
			l1[j] = leaf;
		l2[i] = page_pte(l1, PTE_TABLE);
		if (l1s)
			l1s[i] = l1;
	}
	return root;
}

static bool pinned(const u64 *root)
{
	long ret = root_load(root);

	return !ret && !root_load(boot_root);
}

/* Emulated timers are late now and then: until it was preempted, each time from the same beginning. */
static long pin(enum tamper how)
{
	u64 before = between, try;
	long ret = 0;

	for (try = 0; try < TRIES && between == before; try++) {
		root_unpin(trees[0]);
		ret = preempted(how, PVHV_HC_MMU_OP, PVHV_MMU_PIN, page_mfn(trees[0]));
	}
	return ret;
}

static long unpin(enum tamper how)
{
	u64 before = between, try;
	long ret = 0;

	for (try = 0; try < TRIES && between == before; try++) {
		root_pin(trees[0]);
		ret = preempted(how, PVHV_HC_MMU_OP, PVHV_MMU_UNPIN, page_mfn(trees[0]));
	}
	return ret;
}

/* Nothing of it is pinned or half done any more: both can be written, pinned and unpinned. */
static u64 as_new(void)
{
	u64 bad = 0;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		root_unpin(trees[i]);
		bad += try_write((u64)trees[i], trees[i][0]) != NO_TRAP;
		bad += root_pin(trees[i]) != 0 || !pinned(trees[i]);
		bad += root_unpin(trees[i]) != 0 || pinned(trees[i]);
	}
	return bad;
}

static void roots(void)
{
	u64 i, bad = 0;

	for (i = 0; i < ROUNDS; i++) {
		enum tamper how = i % 3;

		bad += pin(how) != 0 || !pinned(trees[0]);
		bad += unpin(how) != 0 || pinned(trees[0]);
	}
	ok(between >= 2 * ROUNDS, "a tree is pinned and unpinned, preempted %lu times", between);
	same(0, bad, "with events, other calls, failing calls between");
	same(0, nested_bad, "which have their own results");
	same(0, pin(OTHER_ROOT), "pinned, with another root half way through");
	ok(pinned(trees[1]), "that one is pinned");
	same(0, as_new(), "and neither is left half done");
	same((u64)-EINVAL, pin(OTHER_OP), "to unpin what is not pinned, half way through");
	same(0, as_new(), "nothing is left of it");
	same((u64)-ENOSYS, pin(OTHER_NUMBER), "another number");
	same(0, as_new(), "nothing is left of it");
	same(77, pin(NEVER_AGAIN), "never gone on with");
	same(0, as_new(), "nothing is left of it");
	bad = root_pin(trees[0]);
	same(77, unpin(NEVER_AGAIN), "unpinning, never gone on with");
	same(0, bad + as_new(), "nothing is left of it");
}

/* All of them by one call into a table in use, or out of it. */
static void queue(bool hook, u64 **l1s)
{
	unsigned int i;

	for (i = 0; i < HOOKS; i++) {
		arg_page[2 * i] = pt_entry(VA + (u64)i * 512 * PAGE, 2);
		arg_page[2 * i + 1] = hook ? page_pte(l1s[i], PTE_TABLE) : 0;
	}
}

static u64 hooked(u64 **l1s)
{
	u64 got = 0;
	unsigned int i;

	for (i = 0; i < HOOKS; i++)
		got += pt_read(VA + (u64)i * 512 * PAGE, 2) == page_pte(l1s[i], PTE_TABLE);
	return got;
}

static u64 unhook(u64 **l1s)
{
	queue(false, l1s);
	return (hypercall(PVHV_HC_MMU_UPDATE, HOOKS, 0, 0) != HOOKS) + hooked(l1s);
}

static long hook(enum tamper how, u64 **l1s)
{
	u64 before = between, try;
	long ret = 0;

	for (try = 0; try < TRIES && between == before; try++) {
		if (try && unhook(l1s))
			return -1;
		queue(true, l1s);
		ret = preempted(how, PVHV_HC_MMU_UPDATE, HOOKS, 0);
	}
	return ret;
}

/* By another SYSCALL than the one that was not gone on with: whoever executes that again goes on with it. */
static long hook_again(u64 **l1s)
{
	queue(true, l1s);
	return hypercall(PVHV_HC_MMU_UPDATE, HOOKS, 0, 0);
}

static void updates(void)
{
	static u64 *l1s[HOOKS];

	/* its own tree's tables are the ones that are hooked */
	tree(1, page_pte(small, PTE_KERN_RO), l1s, HOOKS);
	map_level(VA, 2, 0);
	map_page(VA + 512UL * 512 * PAGE, page_alloc(), PTE_KERN);
	evil_entry = pt_entry(VA + 513UL * 512 * PAGE - PAGE, 1);
	same(HOOKS, hook(NOTHING, l1s), "%u tables hooked by one call", HOOKS);
	same(HOOKS, hooked(l1s), "all of them");
	same(0, unhook(l1s), "and unhooked");
	same((u64)-EINVAL, hook(COUNT_HUGE, l1s), "the count is huge, half way through");
	same(0, unhook(l1s), "all is undone");
	same(1, hook(COUNT_SMALL, l1s), "it is less than what was done, half way through");
	same(0, unhook(l1s), "all is undone");
	same(77, hook(NEVER_AGAIN, l1s), "never gone on with");
	same(HOOKS, hook_again(l1s), "the same call from its beginning");
	same(HOOKS, hooked(l1s), "does all of it");
	same(0, unhook(l1s), "all is undone");
	same((u64)-EBUSY, hook(EVIL_ENTRIES, l1s), "a writable mapping of a page table, half way through");
	same(0, unhook(l1s), "all is undone");
}

static u64 first_given;

static u64 held(void)
{
	u64 i, n = 0;

	for (i = 0; i < GIVE; i++)
		n += gfn_mfn(first_given + i) != ~0UL;
	return n;
}

/* Frames that came back have no mapping; their place is given back as it is. */
static u64 take_rest(void)
{
	u64 i, bad = 0;

	for (i = 0; i < GIVE; i++) {
		arg_page[0] = first_given + i;
		if (gfn_mfn(first_given + i) == ~0UL)
			bad += hypercall(PVHV_HC_MEMORY, PVHV_MEM_INCREASE, 1, 0) != 1;
	}
	return bad + (held() != GIVE);
}

/* Until it was preempted; back, each time before. */
static long memory(enum tamper how)
{
	u64 before = between, try, i;
	long ret = 0;

	for (try = 0; try < TRIES && between == before; try++) {
		if (try && take_rest())
			return -1;
		events_off();
		for (i = 0; i < GIVE; i++)
			arg_page[i] = first_given + i;
		events_on();
		ret = preempted(how, PVHV_HC_MEMORY, PVHV_MEM_DECREASE, GIVE);
	}
	return ret;
}

static void balloon(void)
{
	u64 i;

	first_given = start_info->nr_pages - GIVE;
	for (i = 0; i < GIVE; i++)
		direct_set(gfn_page(first_given + i), 0);
	same(GIVE, memory(NOTHING), "%u frames given by one call", GIVE);
	same(0, held(), "all of them");
	same(0, take_rest(), "the frames come back");
	same((u64)-EINVAL, memory(COUNT_HUGE), "the count is huge, half way through");
	same(0, take_rest(), "the frames come back");
	same(1, memory(COUNT_SMALL), "it is less than what was done");
	same(0, take_rest(), "the frames come back");
	memory(INCREASE_IT);
	same(0, take_rest(), "to take, when half was given");
	same(77, memory(NEVER_AGAIN), "never gone on with");
	same(0, take_rest(), "the frames come back");
}

void test(void)
{
	u64 leaf = page_pte(page_alloc(), PTE_KERN_RO);

	trees[0] = tree(20, leaf, NULL, TABLES);
	trees[1] = tree(21, leaf, NULL, TABLES);
	small = tree(22, leaf, NULL, 1);
	bad_root = root_new();
	bad_root[3] = PTE_P | PTE_PSE;
	roots();
	updates();
	balloon();
	ok(between > 20, "calls were preempted %lu times", between);
}
