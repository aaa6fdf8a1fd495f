// SPDX-License-Identifier: GPL-2.0
/*
 * A2: a sibling forges the frame with which ring 0 enters or leaves.
 * Attack: vCPU 1, on another core, writes frames for ring 0 all over the
 * linear addresses of the entry stacks, without end, while vCPU 0 takes
 * exceptions, hypercalls, system calls and returns in a loop.
 * Must happen: vCPU 1 writes its own core's stacks; vCPU 0 never sees a word of it.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "smp.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"

#define MARK	0xfeedfacecafef00dUL
#define SECONDS	4

USER_ASM(code, "syscall");

static const u32 writable[] = { 0x16000, 0x19000, 0x1c000, 0x1e000, 0x20000, 0x22000 };
static volatile u64 rounds;

/* ring-0 CS and SS in every other word: whatever slot is read as a frame is one */
static void hammer(void)
{
	while (!smp_stop) {
		unsigned int p, i;

		for (p = 0; p < ARRAY_SIZE(writable); p++) {
			volatile u64 *w = (u64 *)(PVHV_GATE_BASE + writable[p]);

			for (i = 0; i < 512; i++)
				w[i] = i & 1 ? 0x80 : MARK;
		}
		rounds++;
	}
}

/*
 * The mark itself stands in no register here: an interrupt between two reads would
 * push it onto the very stack that is searched.
 */
static volatile u64 not_mark = ~MARK;

static u64 marks_seen(void)
{
	unsigned int p, i;
	u64 inverse = not_mark, n = 0;

	for (p = 0; p < ARRAY_SIZE(writable); p++) {
		volatile u64 *w = (u64 *)(PVHV_GATE_BASE + writable[p]);

		for (i = 0; i < 512; i++)
			n += w[i] + inverse == ~0UL;
	}
	return n;
}

void test(void)
{
	u64 end, n = 0, bad = 0, marks = 0;

	same(0, smp_start(hammer), "vCPU 1 starts");
	if (!ok(smp_wait(5000), "and runs"))
		return;
	user_init(code, code_end);
	end = rdtsc() + SECONDS * 1000 * ticks_per_ms();
	while (rdtsc() < end) {
		bad += TRY("ud2") != TRAP_UD || trap_last.frame.cs != (PVHV_KERNEL_CS & ~3);
		bad += try_read(8, NULL) != TRAP_PF || trap_last.cr2 != 8;
		bad += TRY("int $0x80") != TRAP_SYSCALL;
		bad += hypercall(~0UL, 0, 0, 0) != -ENOSYS;
		user_reset();
		bad += user_run(BY_RET) != USER_SYSCALL;
		user_reset();
		bad += user_run(BY_SYSRET) != USER_SYSCALL;
		if (!(n++ & 15))
			marks += marks_seen();
	}
	ok(smp_end(5000), "vCPU 1 ends");
	same(0, bad, "%lu rounds of entries and returns, all right", n);
	same(0, marks, "nothing of what vCPU 1 wrote (%lu times) is seen on this core", rounds);
}
