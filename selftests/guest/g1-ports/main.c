// SPDX-License-Identifier: GPL-2.0
/*
 * G1, G2, G3, G6, G7: ports.
 * Attack: ports and vCPUs that do not exist, in every call; a binding that changes as fast as it can while the host
 * sends to the port and a third vCPU binds, polls and sends, too; two vCPUs that wake each other at the moment when the other falls asleep; random
 * words all over the vCPU page, at full speed, with timers and events coming.
 * Must happen: -EINVAL, nothing changed; no event is lost; who spoils its page hurts itself only.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "mm.h"
#include "smp.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define ROUNDS		2000
#define READS		200
#define SPOIL_MS	2500
#define PORT		PVHV_PORT_KICK
#define DISK		PVHV_PORT_DEV_QUEUE(0, 0)

static volatile u64 token, pongs, disk_events, storm;

static u64 *pending_word(unsigned int port)
{
	return (u64 *)(PVHV_VCPU_VA + PVHV_VCPU_PENDING) + port / 64;
}

/* Was it pending here?  Not any more. */
static bool took(unsigned int port)
{
	u64 bit = 1UL << (port & 63);

	return __atomic_fetch_and(pending_word(port), ~bit, __ATOMIC_SEQ_CST) & bit;
}

static long bind(u64 port, u64 vcpu)
{
	return hypercall(PVHV_HC_BIND_PORT, port, vcpu, 0);
}

static void numbers(void)
{
	static const u64 ports[] = {
		PVHV_NR_PORTS, PVHV_NR_PORTS + 1, 1UL << 16, 1UL << 31, 1UL << 32, 1UL << 63, ~0UL,
		PVHV_NR_PORTS | 1UL << 40,
	};
	u64 bad = 0, i;

	for (i = 0; i < ARRAY_SIZE(ports); i++) {
		bad += hc_notify(ports[i]) != -EINVAL;
		bad += bind(ports[i], 0) != -EINVAL;
		bad += bind(PVHV_PORT_DEV_FIRST, ports[i]) != -EINVAL;
		bad += hc_sched(PVHV_SCHED_POLL, ports[i]) != -EINVAL;
		bad += hypercall(PVHV_HC_SEND_IPI, 1, ports[i], 0) != -EINVAL;
		bad += hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_IS_UP, ports[i], 0) != -EINVAL;
		bad += hypercall(PVHV_HC_VCPU_OP, PVHV_VCPU_OP_UP, ports[i], 0) != -EINVAL;
	}
	for (i = 0; i < 8; i++) {
		bad += hc_notify(i) != -EINVAL;
		bad += bind(i, 0) != -EINVAL;
	}
	for (i = 3; i < 64; i++) {
		bad += bind(DISK, i) != -EINVAL;
		bad += hypercall(PVHV_HC_SEND_IPI, 1UL << i | 1, PORT, 0) != -EINVAL;
	}
	bad += hypercall(PVHV_HC_SEND_IPI, 3, 0, 0) != -EINVAL;
	bad += hypercall(PVHV_HC_SEND_IPI, 3, 8, 0) != -EINVAL;
	/* of the mask with a vCPU too many none was sent to */
	bad += event_count[PORT] != 0;
	same(0, bad, "ports and vCPUs that do not exist: -EINVAL, and nothing sent");
}

/* Reads one page and waits for the answer in the ring; events are counted by who finds them. */
static u64 read_some(u64 n, u64 addr)
{
	u64 i, bad = 0;

	for (i = 0; i < n; i++)
		bad += blk_rw(BLK_T_IN, 8 * (i % 64), addr, PAGE) != BLK_S_OK;
	return bad;
}

/* vCPU 1: takes what comes; the binding changes all the time when 'storm' is set. */
static void taker(void)
{
	u64 n = 0;

	while (!smp_stop) {
		if (storm)
			bind(DISK, n++ & 1);
		if (took(DISK))
			disk_events++;
		asm volatile("pause");
	}
	bind(DISK, 0);
}

/* vCPU 2: the same port, and events to vCPU 0, while vCPU 1 binds and vCPU 0 waits for the disk. */
static void meddler(void)
{
	while (!smp_stop) {
		if (!storm)
			continue;
		bind(DISK, 1);
		hypercall(PVHV_HC_SEND_IPI, 5, PORT, 0);
		took(PORT);
		hc_notify(DISK);
		bind(DISK, 0);
	}
}

/* vCPU 1's core may just not have the machine's processor. */
static bool told_since(u64 seen)
{
	u64 end = rdtsc() + 10000 * ticks_per_ms();

	while (disk_events == seen && rdtsc() < end)
		asm volatile("pause");
	return disk_events > seen;
}

static void bindings(void)
{
	u64 addr = gpa(page_alloc()), seen, bad;

	same(0, smp_start(taker), "vCPU 1 starts");
	same(0, smp_start_more(2, meddler), "vCPU 2, too");
	if (!ok(smp_wait(5000), "and they run"))
		return;
	same(0, bind(DISK, 1), "the disk's port is bound to it");
	seen = event_count[DISK];
	bad = read_some(8, addr);
	same(seen, event_count[DISK], "it is told of 8 reads, vCPU 0 is not");
	ok(told_since(0), "%lu times", disk_events);
	bad += bind(DISK, 3) != -EINVAL;
	bad += bind(DISK, ~0UL) != -EINVAL;
	seen = disk_events;
	bad += read_some(8, addr);
	ok(told_since(seen), "after refused bindings, too");
	storm = 1;
	bad += read_some(READS, addr);
	same(0, bad, "%u reads while the binding changes all the time", READS);
	ok(smp_end(5000), "they end");
	bind(DISK, 0);
	seen = event_count[DISK];
	bad = read_some(8, addr);
	ok(!bad && event_count[DISK] > seen, "and then vCPU 0 is told");
}

/* Wakes the other one when it has the token; both wait asleep. */
static void pong(void)
{
	u64 n;

	for (n = 0; n < ROUNDS && !smp_stop; n++) {
		while (!took(PORT))
			hc_sched(PVHV_SCHED_POLL, PORT);
		pongs++;
		hypercall(PVHV_HC_SEND_IPI, 1, PORT, 0);
	}
}

static void ping_pong(void)
{
	u64 n, seed = 1, end = rdtsc() + 120000 * ticks_per_ms();

	same(0, smp_start(pong), "vCPU 1 starts for ping-pong");
	if (!ok(smp_wait(5000), "and runs"))
		return;
	event_mask(PORT, true);
	for (n = 0; n < ROUNDS && rdtsc() < end; n++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		hypercall(PVHV_HC_SEND_IPI, 2, PORT, 0);
		/* sometimes the answer is there before we sleep, sometimes at that moment */
		if (seed >> 63)
			delay_us(seed >> 33 & 63);
		while (!took(PORT))
			hc_sched(PVHV_SCHED_POLL, PORT);
	}
	same(ROUNDS, n, "two vCPUs wake each other, and no wake-up is lost");
	same(ROUNDS, pongs, "one for one");
	event_mask(PORT, false);
	ok(smp_end(5000), "vCPU 1 ends");
}

static void sender(void)
{
	while (!smp_stop)
		hypercall(PVHV_HC_SEND_IPI, 1, PORT, 0);
}

static void spoil(void)
{
	volatile u64 *page = (volatile u64 *)PVHV_VCPU_VA;
	u64 seed = 7, n = 0, seen, end = rdtsc() + SPOIL_MS * ticks_per_ms(), i;

	same(0, smp_start(sender), "vCPU 1 sends without end");
	ok(smp_wait(5000), "and runs");
	while (rdtsc() < end) {
		for (i = 0; i < 512; i++) {
			seed = seed * 6364136223846793005UL + 1442695040888963407UL;
			/* the number that the library's handlers look at stays */
			if (i != 17)
				page[i] = seed ^ seed >> 29;
		}
		if (n++ % 16 == 0)
			timer_set(rdtsc() + (seed >> 44));
		if (n % 64 == 0)
			hc_sched(PVHV_SCHED_YIELD, 0);
	}
	events_off();
	for (i = 0; i < 512; i++)
		if (i != 17)
			page[i] = 0;
	vcpu_page->sp0 = (u64)trap_stack_top;
	events_on();
	ok(smp_end(5000), "vCPU 1 ends");
	note("%lu times, %lu upcalls meanwhile", n, event_upcalls);
	seen = event_count[PVHV_PORT_TIMER];
	timer_set(rdtsc() + ticks_per_ms());
	ok(event_wait(PVHV_PORT_TIMER, seen, 5000), "with its page in order, events come again");
	same(0, read_some(8, gpa(page_alloc())), "and the disk works");
}

void test(void)
{
	numbers();
	if (!same(0, blk_init(F_VERSION_1), "the disk"))
		return;
	bindings();
	ping_pong();
	spoil();
}
