// SPDX-License-Identifier: GPL-2.0
/*
 * C2 (XSA-292), D16 (XSA-220, 267): what the guest that ran before left behind.
 * Attack: whenever the bystander ran on this core (it has a mark in all its registers and at an address
 * that is mapped here, too), this guest looks for the mark in its registers, in the gate's stacks
 * and scratch pages, and at that address.
 * Must happen: the mark is nowhere. (The bystander looks whether its registers stay as they are.)
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"
#include "victim.h"

#define GATE_PAGES	64
#define SECONDS		4

/* One more than the mark, see victim.h; volatile, or the compiler undoes it. */
static const volatile u64 after_mark = VICTIM_MARK + 1;
static u8 area[8192] __attribute__((aligned(64)));
static u64 in_registers, in_gate, in_memory, gate_words;

static bool is_mark(u64 word)
{
	return word + 1 == after_mark;
}

static void registers(void)
{
	const u64 *w = (const u64 *)area;
	u64 fs, gs;
	u32 aux;
	size_t i;

	asm volatile("xsave64 (%0)" : : "r"(area), "a"(~0U), "d"(~0U) : "memory");
	for (i = 0; i < sizeof(area) / 8; i++)
		in_registers += is_mark(w[i]);
	asm volatile("rdfsbase %0; rdgsbase %1" : "=r"(fs), "=r"(gs));
	asm volatile("rdtscp" : "=c"(aux) : : "eax", "edx");
	in_registers += is_mark(fs) + is_mark(gs) + (aux == (u32)(after_mark - 1));
}

static void gate(void)
{
	u64 page, i, word;

	for (page = 0; page < GATE_PAGES; page++) {
		u64 va = PVHV_GATE_BASE + page * PAGE;

		if (try_read(va, &word) != NO_TRAP)
			continue;
		for (i = 0; i < PAGE; i += 8) {
			in_gate += is_mark(READ_ONCE(*(u64 *)(va + i)));
			gate_words++;
		}
	}
}

static void memory(const u64 *own)
{
	unsigned int i;

	for (i = 0; i < 512; i++)
		in_memory += READ_ONCE(((u64 *)VICTIM_VA)[i]) != own[i];
}

void test(void)
{
	u64 end = rdtsc() + SECONDS * 1000 * ticks_per_ms(), turns = 0, *own = page_alloc();
	unsigned int i;

	for (i = 0; i < 512; i++)
		own[i] = i;
	map_page(VICTIM_VA, own, PTE_KERN);
	while (rdtsc() < end) {
		u64 seen = event_count[PVHV_PORT_TIMER];

		registers();
		gate();
		memory(own);
		turns++;
		timer_set(rdtsc() + ticks_per_ms());
		event_wait(PVHV_PORT_TIMER, seen, 1000);
	}
	same(0, in_registers, "the other guest's registers are not in these (%lu looks)", turns);
	same(0, in_gate, "nor on the gate's pages (%lu words)", gate_words);
	same(0, in_memory, "nor is its memory where it has it");
	ok(turns > 50 && gate_words > 0, "it looked");
}
