// SPDX-License-Identifier: GPL-2.0
/*
 * J6, J7: addresses and sectors of requests.
 * Attack: buffers, headers and status at frames that do not exist, at page tables, at MMIO,
 * at the end of memory and wrapping; sectors beyond the end, sums that wrap,
 * odd lengths, unknown types.
 * Must happen: an error status or a device that asks for a reset; a page table is
 * never written to.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "start.h"
#include "tap.h"
#include "trap.h"

static u64 data;

static u64 table_sum(const u64 *t)
{
	u64 i, sum = 0;

	for (i = 0; i < 512; i++)
		sum += (t[i] & ~(PTE_A | PTE_D)) * (i + 1);
	return sum;
}

static void renew(void)
{
	if (blk_broken())
		blk_init(F_VERSION_1);
}

/* The device's answer: not OK. */
static bool refused(u32 type, u64 sector, u64 addr, u32 len)
{
	u8 status = blk_rw(type, sector, addr, len);

	renew();
	return status != BLK_S_OK;
}

static void addresses(void)
{
	u64 end = start_info->nr_pages * PAGE, pt = start_info->pt_gfn * PAGE;
	u64 sum = table_sum(boot_root), i;
	const u64 bad[] = { end, end - 512, end + PAGE, 0xfee00000, 0xb8000UL << 20, 1UL << 40,
			    1UL << 52, 1UL << 63, ~0UL - 4095, ~0UL - 511, PVHV_GATE_BASE,
			    PVHV_DIRECTMAP_VA };

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (bad[i] == end - 512)
			continue;
		ok(refused(BLK_T_IN, 0, bad[i], PAGE), "a read into %lx", bad[i]);
		ok(refused(BLK_T_OUT, 0, bad[i], PAGE), "a write from %lx", bad[i]);
	}
	ok(refused(BLK_T_IN, 0, end - 512, 1024), "a read over the end of memory");
	for (i = 0; i < start_info->nr_pt; i++) {
		if (!refused(BLK_T_IN, 0, pt + i * PAGE, PAGE))
			break;
	}
	same(start_info->nr_pt, i, "a read into page tables");
	ok(refused(BLK_T_IN, 0, pt - PAGE, 2 * PAGE), "a read that ends in a page table");
	ok(refused(BLK_T_GET_ID, 0, pt, 20), "the serial number into a page table");
	same(sum, table_sum(boot_root), "the root is as it was");
}

/* Status byte or header elsewhere. */
static bool refused_at(u64 hdr, u64 status)
{
	u64 i;

	blk_queue_rw(0, BLK_T_IN, 0, data, PAGE);
	if (hdr)
		blk_desc[0].addr = hdr;
	if (status)
		blk_desc[2].addr = status;
	blk_kick();
	for (i = 0; i < 2000; i++) {
		if (blk_broken())
			break;
		if (blk_used->idx != blk_seen) {
			blk_seen = blk_used->idx;
			break;
		}
		delay_ms(1);
	}
	renew();
	return i < 2000 && *(volatile u8 *)blk_status(0) != BLK_S_OK;
}

static void parts(void)
{
	u64 pt = start_info->pt_gfn * PAGE, sum = table_sum(boot_root);

	ok(refused_at(0, pt), "a status in a page table");
	ok(refused_at(0, start_info->nr_pages * PAGE), "a status behind the end of memory");
	ok(refused_at(0, ~0UL), "a status at the last address");
	ok(refused_at(start_info->nr_pages * PAGE, 0), "a header behind the end of memory");
	ok(refused_at(~0UL - 7, 0), "a header that wraps");
	same(sum, table_sum(boot_root), "the root is as it was");
}

static void sectors(void)
{
	u64 n = blk_sectors(), i;
	const u64 bad[] = { n, n + 1, n - 7, 1UL << 55, (1UL << 55) - 8, 1UL << 63, ~0UL, ~0UL - 7,
			    ~0UL >> 9, (~0UL >> 9) - 7 };
	static const u32 lens[] = { 0, 1, 511, 513, 4095, 100 };

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		same(BLK_S_IOERR, blk_rw(BLK_T_IN, bad[i], data, PAGE), "a read at sector %lx", bad[i]);
		same(BLK_S_IOERR, blk_rw(BLK_T_OUT, bad[i], data, PAGE), "a write at sector %lx", bad[i]);
	}
	same(BLK_S_OK, blk_rw(BLK_T_IN, n - 8, data, PAGE), "the last 8 sectors");
	for (i = 0; i < ARRAY_SIZE(lens); i++)
		same(BLK_S_IOERR, blk_rw(BLK_T_IN, 0, data, lens[i]), "a read of %u bytes", lens[i]);
	for (i = 0; i < 32; i++) {
		u8 status = blk_rw(1U << i | 0x40, 0, data, PAGE);

		if (status == BLK_S_OK)
			break;
	}
	same(32, i, "unknown types are refused");
	same(BLK_S_UNSUPP, blk_rw(11, 0, data, PAGE), "discard was not offered");
}

void test(void)
{
	data = gpa(page_alloc());
	same(0, blk_init(F_VERSION_1), "the disk starts");
	addresses();
	parts();
	sectors();
	same(BLK_S_OK, blk_rw(BLK_T_IN, 0, data, PAGE), "it still works");
}
