// SPDX-License-Identifier: GPL-2.0
/*
 * A3: with CR0.WP clear, ring 1 and ring 0 could write read-only pages.
 * Attack: every way to clear it; then writes to read-only pages.
 * Must happen: #GP for writes to CR0, the emulated ways change nothing, writes
 * to read-only pages fault, for ring 1 and for what ring 0 writes on its behalf.
 * Side: guest.
 */
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

#define TEST_VA	0xffffc90000000000UL

static void push_fault(u64 rsp, u64 b, u64 c)
{
	asm volatile("movq %0, %%rsp\n\tmovq (%1), %%rax" : : "r"(rsp), "r"(8UL) : "rax");
}

void test(void)
{
	u64 cr0 = 0, cr4 = 0, *page = page_alloc();

	same(NO_TRAP, TRY_("mov %%cr0, %0", "=r"(cr0), L_()), "CR0 can be read (emulated)");
	same(1UL << 16, cr0 & 1UL << 16, "it shows WP");
	same(TRAP_GP, TRY_("mov %0, %%cr0", L_(), "r"(cr0 & ~(1UL << 16))), "WP cannot be cleared");
	same(TRAP_GP, TRY_("mov %0, %%cr0", L_(), "r"(cr0)), "nor CR0 be written at all");
	same(TRAP_GP, TRY_("lmsw %w0", L_(), "r"(cr0)), "LMSW gives #GP");
	same(NO_TRAP, TRY("clts"), "CLTS does nothing (emulated)");
	same(NO_TRAP, TRY_("mov %%cr4, %0", "=r"(cr4), L_()), "CR4 can be read (emulated)");
	same(TRAP_GP, TRY_("mov %0, %%cr4", L_(), "r"(cr4)), "but not written");
	same(TRAP_GP, TRY_("mov %0, %%cr8", L_(), "r"(0UL)), "nor CR8");
	same(TRAP_GP, TRY_("xsetbv", L_(), L_("c"(0), "a"(3), "d"(0))), "nor XCR0");

	map_page(TEST_VA, page, PTE_KERN_RO);
	page[0] = 0x1234;
	same(TRAP_PF, try_write(TEST_VA, 1), "a read-only page cannot be written");
	same(TRAP_PF, try_write((u64)boot_root, 1), "nor a page table");
	same(TRAP_DF, trap_try(push_fault, TEST_VA + PAGE, 0, 0),
	     "nor can ring 0 be made to: a fault with its stack there gives #DF");
	same(0x1234, page[0], "it was not written");
	page[511] = 0x4321;
	trap_try(push_fault, TEST_VA + PAGE, 0, 0);
	same(0x4321, page[511], "nor its last word, where the frame would have begun");
}
