// SPDX-License-Identifier: GPL-2.0
/*
 * A1: paging cannot tell ring 1 from ring 0.
 * Attack: read and write every page of the gate and samples of all the rest of
 * the address space, among them where the host has its direct map and modules.
 * Must happen: what is not the guest's own mapping faults, but for the pages
 * of the gate; of these only the core's entry stacks, scratch, and the vCPU's
 * pages can be written.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define SLOT(n)		((u64)(n) << 39 | ((n) & 256 ? 0xffffUL << 48 : 0))
#define GIB		(1UL << 30)

/* Writes what it read, so that nothing changes where it is allowed. */
static bool can_write(u64 va)
{
	return TRY_("lock orq $0, (%0)", L_(), "r"(va)) == NO_TRAP;
}

static bool can_read(u64 va)
{
	return try_read(va, NULL) == NO_TRAP;
}

/* Pages of the gate that are writable by design: scratch, entry stack, four IST stacks, vCPU page, arguments. */
static bool gate_writable(u64 offset)
{
	static const u32 rw[] = { 0x16000, 0x19000, 0x1c000, 0x1e000, 0x20000, 0x22000,
				  0x30000, 0x31000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rw); i++)
		if (offset == rw[i])
			return true;
	return false;
}

static bool gate_readable(u64 offset)
{
	return gate_writable(offset) || offset < 0x16000 || offset == 0x32000;
}

static void gate(void)
{
	u64 o, reads = 0, bad_read = 0, bad_write = 0, beyond = 0;

	for (o = 0; o < 2UL << 20; o += PAGE) {
		if (can_read(PVHV_GATE_BASE + o)) {
			reads++;
			if (!gate_readable(o))
				bad_read = o;
		}
		if (can_write(PVHV_GATE_BASE + o) != gate_writable(o))
			bad_write = o + 1;
	}
	note("%lu pages of the gate can be read", reads);
	same(0, bad_read, "no page of the gate can be read but those of the design");
	same(0, bad_write, "exactly the stacks, scratch and vCPU pages can be written");
	for (o = 2UL << 20; o < GIB; o += 2UL << 20)
		beyond += can_read(PVHV_GATE_BASE + o);
	for (o = GIB; o < 512 * GIB; o += GIB)
		beyond += can_read(PVHV_GATE_BASE + o);
	same(0, beyond, "nothing is mapped behind the gate");
}

static void windows(void)
{
	u64 i, bad = 0, foreign = 0;

	for (i = 0; i < start_info->nr_pages; i += 512)
		bad += can_write(PVHV_P2M_VA + 8 * i) || !can_read(PVHV_P2M_VA + 8 * i);
	same(0, bad, "the P2M can be read, not written");
	for (i = 0; i < start_info->nr_pages; i += 64) {
		u64 mfn = gfn_mfn(i);

		bad += can_write(PVHV_M2P_VA + 8 * mfn);
	}
	same(0, bad, "the M2P cannot be written");
	for (i = 0; i < 1UL << 21; i += 512) {
		u64 gfn;

		if (try_read(PVHV_M2P_VA + 8 * i, &gfn) == NO_TRAP)
			foreign += can_write(PVHV_M2P_VA + 8 * i);
	}
	same(0, foreign, "nor any page of it that belongs to other guests' frames");
	for (i = 0; i < 64; i++)
		bad += can_write(PVHV_SHARED_VA + i * PAGE) != (i < PVHV_NR_SHARED_PAGES);
	same(0, bad, "the shared pages can be written, and there are no more of them");
	for (i = PVHV_NR_SHARED_PAGES * PAGE; i < 512 * GIB; i = (i | (GIB - 1)) + 1)
		bad += i >= GIB && can_read(PVHV_SHARED_VA + i);
	same(0, bad, "nothing behind the shared pages");
}

static void slots(void)
{
	u64 i, slot, bad = 0;

	for (slot = 260; slot <= PVHV_HV_SLOT_LAST; slot++)
		for (i = 0; i < 512; i++)
			bad += can_read(SLOT(slot) + i * GIB) || can_write(SLOT(slot) + i * GIB);
	same(0, bad, "slots 260-271 are empty");
}

/* Own page tables decide; the hypervisor's mappings lie at such addresses in its own. */
static void own_half(void)
{
	u64 slot, i, bad = 0, n = 0;

	for (slot = PVHV_HV_SLOT_LAST + 1; slot < 512; slot++) {
		for (i = 0; i < 512; i++) {
			u64 va = SLOT(slot) + i * GIB + (n++ * 0x1357000 & (GIB - 1));

			bad += can_read(va) != (pt_read(va, 1) & PTE_P);
		}
	}
	same(0, bad, "%lu samples of the upper half: mapped is what the guest mapped", n);
	for (i = 0; i < 256; i++)
		bad += can_read(SLOT(i)) || can_read(SLOT(i) + 511 * GIB);
	same(0, bad, "the lower half is empty");
}

/* Where Linux (the host) has modules and its image: every 2 MiB, but for the guest's own image. */
static void host_text(void)
{
	u64 va, bad = 0;

	for (va = 0xffffffff80000000UL; va >= 0xffffffff80000000UL; va += 2UL << 20)
		bad += can_read(va) != (pt_read(va, 1) & PTE_P);
	same(0, bad, "nothing of the host's text and modules");
	for (va = 0xffffffffc0000000UL; va < 0xffffffffc2000000UL; va += PAGE)
		bad += can_read(va);
	same(0, bad, "32 MiB of module space page by page");
}

void test(void)
{
	gate();
	windows();
	slots();
	own_half();
	host_text();
}
