// SPDX-License-Identifier: GPL-2.0
/*
 * K14: clocks while the host steps its own, pauses the guest and moves its vCPUs from core to core.
 * Two vCPUs look at all of them, until the guest is asked to power off.
 * Must happen: real time never goes back, on one vCPU and from one to the other; virtual and steal time of a vCPU
 * neither; the wall clock is never torn, and follows the host's steps.
 * Side: guest.
 */
#include "console.h"
#include "event.h"
#include "smp.h"
#include "start.h"
#include "tap.h"

#define shared	((volatile struct pvhv_shared_info *)PVHV_SHARED_VA)
#define STEP_NS	600000000000L	/* what is a step of the host's clock, not a correction */

static volatile u64 newest;
static struct {
	u64 looks, back, virtual_back, steal_back, torn, steps, last_virtual, last_steal;
	s64 last_offset;
} seen[2];

static u64 ordered_tsc(void)
{
	asm volatile("lfence" : : : "memory");
	return rdtsc();
}

static u64 ns(u64 ticks)
{
	u64 khz = ticks_per_ms();

	return ticks / khz * 1000000 + ticks % khz * 1000000 / khz;
}

static void real_time(unsigned int me)
{
	u64 before = newest, now = ordered_tsc();

	seen[me].back += now < before;
	while (before < now && !__atomic_compare_exchange_n(&newest, &before, now, false,
							    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static void virtual_time(unsigned int me)
{
	u64 came, now, ran, steal = vcpu_page->steal_ns;

	do {
		came = vcpu_page->run_tsc;
		now = ordered_tsc();
		ran = vcpu_page->run_ns;
	} while (came != vcpu_page->run_tsc);
	now = ran + ns(now - came);
	seen[me].virtual_back += now < seen[me].last_virtual;
	seen[me].last_virtual = now;
	seen[me].steal_back += steal < seen[me].last_steal;
	seen[me].last_steal = steal;
}

static void wall_clock(unsigned int me)
{
	u32 version, nsec;
	u64 sec, tsc, now;
	s64 offset;

	do {
		version = shared->wc_version;
		sec = shared->wc_sec;
		nsec = shared->wc_nsec;
		tsc = shared->wc_tsc;
	} while (version & 1 || version != shared->wc_version);
	now = ordered_tsc();
	seen[me].torn += nsec >= 1000000000 || tsc > now;
	offset = sec * 1000000000UL + nsec - ns(tsc);
	if (seen[me].last_offset && (offset - seen[me].last_offset > STEP_NS ||
				     seen[me].last_offset - offset > STEP_NS))
		seen[me].steps++;
	seen[me].last_offset = offset;
}

static void look(unsigned int me)
{
	real_time(me);
	virtual_time(me);
	wall_clock(me);
	seen[me].looks++;
}

static void other(void)
{
	while (!smp_stop)
		look(1);
}

void test(void)
{
	unsigned int i;

	same(0, smp_start(other), "vCPU 1 starts");
	if (!ok(smp_wait(5000), "and runs"))
		return;
	printf("# looks\n");
	while (!event_count[PVHV_PORT_POWER])
		look(0);
	ok(smp_end(20000), "vCPU 1 ends");
	for (i = 0; i < 2; i++) {
		same(0, seen[i].back, "vCPU %u: real time never went back (%lu looks)", i, seen[i].looks);
		same(0, seen[i].virtual_back, "nor did its virtual time");
		same(0, seen[i].steal_back, "nor its steal time");
		same(0, seen[i].torn, "the wall clock was whole");
		ok(seen[i].steps >= 2, "and followed %lu steps of the host's", seen[i].steps);
	}
}
