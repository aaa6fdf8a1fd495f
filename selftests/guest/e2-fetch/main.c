// SPDX-License-Identifier: GPL-2.0
/*
 * E2 (and D5, B6): a sibling changes what the hypervisor reads, between check and use.
 * Attack: vCPU 1 flips words of return frames, bytes of emulated instructions, sp0,
 * user_gs_base, and entries of pages that are being pinned, as fast as it can.
 * Must happen: each word is used as one of its two values, or refused; no frame
 * with ring 0 or IOPL is ever used; a page table holds only what was checked.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "smp.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

#define VA	0x100000000000UL
#define SECONDS	3

USER_ASM(code, "pushfq\n popq %rax\n movl %cs, %ebx\n syscall");

static volatile u64 *volatile flip_word;
static volatile u64 flip_a, flip_b;
static volatile u64 flips, turns;

static void flip(void)
{
	while (!smp_stop) {
		volatile u64 *w = flip_word;

		turns++;
		if (!w)
			continue;
		TRY_("movq %0, (%1)", L_(), L_("r"(flip_a), "r"(w)));
		TRY_("movq %0, (%1)", L_(), L_("r"(flip_b), "r"(w)));
		flips++;
	}
}

/* On return the other vCPU writes nothing. */
static void no_flip(void)
{
	u64 end = rdtsc() + 1000 * ticks_per_ms(), t;

	flip_word = NULL;
	for (t = turns; turns < t + 2 && rdtsc() < end;)
		hc_sched(PVHV_SCHED_YIELD, 0);
}

static void set_flip(volatile u64 *w, u64 a, u64 b)
{
	no_flip();
	flip_a = a;
	flip_b = b;
	barrier();
	flip_word = w;
}

static u64 frame[8];
static const void *stub_insn;

static void enter(u64 a, u64 b, u64 c)
{
	user_enter_frame(stub_insn, frame);
}

/* Enters ring 3 with a frame of which one word changes all the time. */
static void frames(unsigned int word, u64 other, const char *what)
{
	u64 end = rdtsc() + SECONDS * 1000 * ticks_per_ms() / 4, n = 0, bad = 0, faults = 0;
	const u64 good[7] = { 1, 2, USER_CODE, PVHV_USER_CS, FLAGS_IF | 2, USER_STACK, PVHV_USER_DS };

	no_flip();
	memcpy(frame, good, sizeof(good));
	set_flip(&frame[word], good[word], other);
	while (rdtsc() < end) {
		u64 v;

		stub_insn = ret_insn;
		user_regs.rax = FLAGS_IF;
		user_regs.rbx = 3;
		v = trap_try(enter, 0, 0, 0);
		events_on();
		n++;
		if (v != NO_TRAP) {
			faults++;
			bad += v != TRAP_GP && v != TRAP_PF;
			continue;
		}
		if (trap_last.vector != NO_TRAP)
			continue;
		bad += (user_regs.rbx & 3) != 3;
		bad += (user_regs.rax & (FLAGS_IOPL | FLAGS_VM)) || !(user_regs.rax & FLAGS_IF);
	}
	same(0, bad, "%s flips in a RET frame: %lu entries, %lu refused", what, n, faults);
}

/*
 * IN is emulated from its bytes: they change to HLT, to a write of CR0, to WRMSR, to STI.
 * Whatever comes after the first byte of one of them, or after the second, is a RET soon:
 * otherwise the CPU would run on through the page, with any effect.
 */
static void instructions(void)
{
	static const u64 others[] = {
		0xc3c3c3c3c3c3c3f4UL, 0xc3c3c3c3c3c0220fUL, 0xc3c3c3c3c3c3300fUL, 0xc3c3c3c3c3c3c3fbUL,
	};
	u64 end, i, n = 0, bad = 0, *page = page_alloc();

	map_page(VA, page, PTE_KERN);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		end = rdtsc() + SECONDS * 1000 * ticks_per_ms() / 8;
		set_flip(page, 0xc3c3c3c3c3c3c3ecUL, others[i]);	/* in %dx, %al; ret */
		while (rdtsc() < end) {
			u64 v = trap_try((void *)VA, 0, 0, 0);

			/* one byte emulated, then the tail of the other instruction */
			bad += v != NO_TRAP && v != TRAP_GP && v != TRAP_UD && v != TRAP_PF;
			n++;
		}
	}
	no_flip();
	same(0, bad, "an emulated instruction changes under way: %lu times", n);
}

/* An entry of an L1 page flips between a good page and the root, writable, while it is pinned. */
static void pins(void)
{
	u64 *root = root_new(), *l3 = page_alloc(), *l2 = page_alloc(), *l1 = page_alloc();
	u64 good = page_pte(page_alloc(), PTE_KERN), evil = page_pte(boot_root, PTE_KERN);
	u64 end = rdtsc() + SECONDS * 1000 * ticks_per_ms(), pinned = 0, refused = 0, bad = 0;

	root[7] = page_pte(l3, PTE_TABLE);
	l3[0] = page_pte(l2, PTE_TABLE);
	l2[0] = page_pte(l1, PTE_TABLE);
	l1[0] = good;
	set_flip(l1, good, evil);
	while (rdtsc() < end) {
		long ret = root_pin(root);

		if (ret) {
			refused++;
			bad += ret != -EBUSY;
			continue;
		}
		pinned++;
		bad += READ_ONCE(l1[0]) != good;
		hc_sched(PVHV_SCHED_YIELD, 0);
		bad += READ_ONCE(l1[0]) != good;
		bad += root_unpin(root) != 0;
	}
	no_flip();
	same(0, bad, "an entry flips while its tree is pinned: %lu accepted, %lu refused", pinned, refused);
	ok(pinned && refused, "both happened");
}

void test(void)
{
	same(0, smp_start(flip), "vCPU 1 starts");
	if (!ok(smp_wait(5000), "and runs"))
		return;
	user_init(code, code_end);
	frames(3, 0x80, "CS (ring 0)");
	frames(3, 0x11, "CS (ring 1)");
	frames(4, FLAGS_IOPL | FLAGS_VM | FLAGS_NT, "RFLAGS");
	frames(2, 0x800000000000UL, "RIP (not canonical)");
	frames(2, PVHV_GATE_BASE, "RIP (the gate)");
	frames(6, 0x88, "SS");
	instructions();
	pins();
	ok(smp_end(5000), "vCPU 1 ends");
	ok(flips > 1000, "it flipped %lu times", flips);
}
