// SPDX-License-Identifier: GPL-2.0
/*
 * The least that a guest does: it starts in ring 1 as start_info.h says, prints, and powers off.
 * Side: guest.
 */
#include "console.h"
#include "mm.h"
#include "start.h"
#include "tap.h"

static u64 read_cs(void)
{
	u64 cs;

	asm("mov %%cs, %0" : "=r"(cs));
	return cs;
}

void test(void)
{
	const struct pvhv_start_info *si = start_info;
	u64 gfn, bad = 0;

	same(1, read_cs() & 3, "the kernel runs in ring 1");
	same(PVHV_ABI_VERSION, si->abi_version, "version of the ABI");
	ok(si->nr_pages >= 1024 && si->nr_pages <= si->max_pages, "%lu pages of memory",
	   (u64)si->nr_pages);
	ok(si->nr_vcpus >= 1 && si->domid >= 1, "domain %u with %u vCPUs", si->domid,
	   si->nr_vcpus);
	for (gfn = 0; gfn < si->nr_pages; gfn++)
		if (mfn_gfn(gfn_mfn(gfn)) != gfn)
			bad++;
	same(0, bad, "M2P is the reverse of P2M");
	same(si->pt_gfn, va_gfn(boot_root), "the L4 is where start_info says");
}
