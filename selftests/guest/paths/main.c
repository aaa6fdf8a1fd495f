// SPDX-License-Identifier: GPL-2.0
/*
 * Walks each path many times between marks, for the plugin of
 * selftests/bench that counts; two vCPUs on one core. With 'among=N' it is one of N that take turns. No test:
 * `make bench` runs it.
 * Side: guest.
 */
#include "console.h"
#include "event.h"
#include "mm.h"
#include "smp.h"
#include "start.h"
#include "tap.h"
#include "trap.h"
#include "user.h"
#include "../../bench/paths.h"

#define ROUNDS	100
#define AREA	0x10000000UL

#define BEGIN(path)	({ asm volatile(MARK_BEGIN(path)); barrier(); })
#define END(path)	({ barrier(); asm volatile(MARK_END(path)); })

USER_ASM(code_call, MARK_BEGIN(PATH_SYSTEM_CALL) "syscall\n" MARK_END(PATH_SYSTEM_CALL) "syscall");
USER_ASM(code_signal, MARK_BEGIN(PATH_SIGNAL_RETURN) "syscall\n" MARK_END(PATH_SIGNAL_RETURN) "syscall");
USER_ASM(code_fault, MARK_BEGIN(PATH_PAGE_FAULT) "movq (%rdi), %rax\n" MARK_END(PATH_PAGE_FAULT) "syscall");

/* Ring 3 goes on behind the instruction with which it came. */
static void goes_on(enum user_how how, u64 rip)
{
	user_regs.rip = rip;
	user_regs.cs = PVHV_USER_CS;
	user_regs.ss = PVHV_USER_DS;
	user_regs.rflags = FLAGS_IF | 2;
	user_enter(how);
}

static void calls(const char *from, const char *to, enum user_how how, const char *text)
{
	unsigned int i, good = 0;

	user_init(from, to);
	for (i = 0; i < ROUNDS; i++) {
		user_reset();
		if (user_run(BY_RET) == USER_SYSCALL)
			good++;
		goes_on(how, user_regs.rcx);
	}
	same(ROUNDS, good, text);
	events_on();
}

static void faults(void)
{
	unsigned int i, good = 0;

	user_init(code_fault, code_fault_end);
	for (i = 0; i < ROUNDS; i++) {
		user_reset();
		user_regs.rdi = AREA;
		if (user_run(BY_RET) == USER_TRAP(TRAP_PF))
			good++;
		goes_on(BY_RET, user_regs.rip + 3);
	}
	same(ROUNDS, good, "exceptions of ring 3");
	events_on();
}

/* A table for AREA, and pages that nobody maps. */
static u8 *pages[PATH_BATCH];

static void pages_init(void)
{
	unsigned int i;

	for (i = 0; i < PATH_BATCH; i++)
		pages[i] = page_alloc();
	map_page(AREA, pages[0], PTE_USER);
	unmap_page(AREA);
}

static void fill(u64 flags)
{
	unsigned int i;

	for (i = 0; i < PATH_BATCH; i++) {
		arg_page[2 * i] = pt_entry(AREA + i * PAGE, 1);
		arg_page[2 * i + 1] = flags ? page_pte(pages[i], flags) : 0;
	}
}

static long update(unsigned int count)
{
	return hypercall(PVHV_HC_MMU_UPDATE, count, 0, 0);
}

static void updates(void)
{
	unsigned int i, good = 0;
	u64 entry = pt_entry(AREA, 1), value = page_pte(pages[0], PTE_USER);

	for (i = 0; i < ROUNDS; i++) {
		arg_page[0] = entry;
		arg_page[1] = value;
		BEGIN(PATH_PTE_UPDATE);
		good += update(1) == 1;
		END(PATH_PTE_UPDATE);
		arg_page[0] = entry;
		arg_page[1] = 0;
		BEGIN(PATH_PTE_CLEAR);
		good += update(1) == 1;
		END(PATH_PTE_CLEAR);
	}
	same(2 * ROUNDS, good, "single entries");
	for (i = good = 0; i < ROUNDS; i++) {
		fill(PTE_USER);
		BEGIN(PATH_PTE_BATCH);
		good += update(PATH_BATCH) == PATH_BATCH;
		END(PATH_PTE_BATCH);
		fill(0);
		update(PATH_BATCH);
	}
	same(ROUNDS, good, "many entries at once");
}

static void events(void)
{
	u64 seen = event_count[PVHV_PORT_IPI_CALL];
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		BEGIN(PATH_EVENT);
		hypercall(PVHV_HC_SEND_IPI, 1, PVHV_PORT_IPI_CALL, 0);
		END(PATH_EVENT);
	}
	same(seen + ROUNDS, event_count[PVHV_PORT_IPI_CALL], "events");
}

static void roots(void)
{
	u64 *other = root_new();
	unsigned int i, good = 0;

	same(0, root_pin(other), "a second address space");
	for (i = 0; i < ROUNDS; i++) {
		u64 next = page_mfn(i & 1 ? boot_root : other);

		BEGIN(PATH_PROCESS_SWITCH);
		good += hc_mmu_op(PVHV_MMU_LOAD, next) == 0;
		END(PATH_PROCESS_SWITCH);
	}
	same(ROUNDS, good, "another root and back");
	root_load(boot_root);
}

/* The switch ends in vCPU 1, which gets no other turn than by it. */
static volatile u64 turns;

static void take_turns(void)
{
	while (!smp_stop) {
		hc_sched(PVHV_SCHED_YIELD, 0);
		END(PATH_VCPU_SWITCH);
		turns++;
	}
}

static void vcpus(void)
{
	unsigned int i;

	same(0, smp_start(take_turns), "vCPU 1 starts");
	ok(smp_wait(2000), "and runs");
	for (i = 0; i < ROUNDS; i++) {
		BEGIN(PATH_VCPU_SWITCH);
		hc_sched(PVHV_SCHED_YIELD, 0);
	}
	ok(turns >= ROUNDS, "both vCPUs take turns");
	ok(smp_end(2000), "vCPU 1 ends");
}

/* What this guest begins, the next one ends. */
#define TAKE_TURNS(path)					\
	do {							\
		unsigned int round;				\
								\
		for (round = 0; round < ROUNDS; round++) {	\
			BEGIN(path);				\
			hc_sched(PVHV_SCHED_YIELD, 0);		\
			END(path);				\
		}						\
	} while (0)

/* All read the same clock: they begin together, at its next multiple of some seconds. */
#define MEETING		(1UL << 34)

/* One of many: begins when all are there, which the host tells by asking them to power off. */
static bool one_among_many(void)
{
	u64 begin;
	bool two = variant("among=2"), eight = variant("among=8"), thirty = variant("among=32");

	if (!two && !eight && !thirty && !variant("among=128"))
		return false;
	printf("# ready\n");
	while (!event_count[PVHV_PORT_POWER])
		event_wait(PVHV_PORT_POWER, 0, 10000);
	begin = (rdtsc() | (MEETING - 1)) + 1;
	while (rdtsc() < begin)
		event_wait(PVHV_PORT_IPI_CALL, event_count[PVHV_PORT_IPI_CALL], (begin - rdtsc()) / ticks_per_ms() + 1);
	if (two)
		TAKE_TURNS(PATH_SWITCH_AMONG_2);
	else if (eight)
		TAKE_TURNS(PATH_SWITCH_AMONG_8);
	else if (thirty)
		TAKE_TURNS(PATH_SWITCH_AMONG_32);
	else
		TAKE_TURNS(PATH_SWITCH_AMONG_128);
	ok(true, "took its turns");
	return true;
}

void test(void)
{
	if (one_among_many())
		return;
	calls(code_call, code_call_end, BY_SYSRET, "system calls");
	calls(code_signal, code_signal_end, BY_RET, "system calls that return by RET");
	pages_init();
	faults();
	updates();
	events();
	roots();
	vcpus();
}
