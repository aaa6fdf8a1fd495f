// SPDX-License-Identifier: GPL-2.0
/*
 * J9: every buffer of a request fails in turn.
 * Attack: requests of many buffers, of which one (the first, the second, ...) is a page table,
 * lies beyond memory, in a hole, or over its end; the same with the header, the status and the indirect table.
 * Must happen: an error; all references that were taken before are dropped once, so that the
 * pages can become page tables at once (and the audit at the end finds nothing).
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "start.h"
#include "string.h"
#include "tap.h"

#define SEGS	32
#define VA	0x100000000000UL

static struct blk_desc *table;
static u64 *page[SEGS];

/* A read of SEGS pages by an indirect table; descriptor 0 points at it. */
static void build(void)
{
	struct blk_hdr *h = (struct blk_hdr *)blk_mem;
	unsigned int i;

	*h = (struct blk_hdr){ .type = BLK_T_IN };
	*blk_status(0) = BLK_NO_ANSWER;
	table[0] = (struct blk_desc){ gpa(h), sizeof(*h), DESC_NEXT, 1 };
	for (i = 0; i < SEGS; i++)
		table[1 + i] = (struct blk_desc){ gpa(page[i]), PAGE, DESC_NEXT | DESC_WRITE, 2 + i };
	table[1 + SEGS] = (struct blk_desc){ gpa(blk_status(0)), 1, DESC_WRITE, 0 };
	blk_set(0, gpa(table), (2 + SEGS) * sizeof(*table), DESC_INDIRECT, 0);
}

/* The status; what breaks the ring is answered by a reset. */
static u8 run(void)
{
	u64 i;

	blk_post(0);
	blk_kick();
	for (i = 0; i < 5000; i++) {
		if (blk_broken()) {
			blk_init(F_VERSION_1 | F_INDIRECT);
			return BLK_S_IOERR;
		}
		if (blk_used->idx != blk_seen) {
			blk_seen = blk_used->idx;
			return *(volatile u8 *)blk_status(0);
		}
		delay_ms(1);
	}
	return BLK_NO_ANSWER;
}

/* No reference is left: each page becomes a page table, and memory again. */
static u64 held(void)
{
	u64 l2 = pt_entry(VA + (1UL << 21), 2), i, bad = 0;

	for (i = 0; i < SEGS; i++) {
		memset(page[i], 0, PAGE);
		bad += hc_mmu_update(l2, page_pte(page[i], PTE_TABLE)) != 0;
		hc_mmu_update(l2, 0);
	}
	return bad;
}

static void each(const char *what, u64 addr)
{
	u64 k, wrong = 0, bad = 0;

	for (k = 0; k < SEGS; k++) {
		build();
		table[1 + k].addr = addr;
		wrong += run() != BLK_S_IOERR;
		bad += held();
	}
	same(0, wrong, "%s as one of %u buffers, each in turn: an error", what, SEGS);
	same(0, bad, "%s: no reference is left", what);
}

static void ends(const char *what, unsigned int i, u64 addr)
{
	build();
	table[i].addr = addr;
	same(BLK_S_IOERR, run(), "%s: an error", what);
	same(0, held(), "%s: no reference is left", what);
}

void test(void)
{
	u64 end = start_info->nr_pages * PAGE, table_gpa, i;

	table = page_alloc();
	for (i = 0; i < SEGS; i++)
		page[i] = page_alloc();
	map_page(VA, page_alloc(), PTE_KERN);
	table_gpa = gpa(pt_table(VA, 1));
	same(0, blk_init(F_VERSION_1 | F_INDIRECT), "the disk starts");
	build();
	same(BLK_S_OK, run(), "a good request is well");
	each("a page table", table_gpa);
	each("a page beyond memory", end);
	each("a page over its end", end - PAGE / 2);
	each("a page at the end of everything", ~0UL - PAGE);
	ends("a header that is not there", 0, end);
	ends("a status in a page table", 1 + SEGS, table_gpa);
	ends("a status beyond memory", 1 + SEGS, end);
	build();
	blk_desc[0].addr = end - 16;
	same(BLK_S_IOERR, run(), "an indirect table over the end: an error");
	build();
	((struct blk_hdr *)blk_mem)->sector = blk_sectors() - 8;
	same(BLK_S_IOERR, run(), "a request over the disk's end: an error");
	same(0, held(), "no reference is left");
	build();
	same(BLK_S_OK, run(), "a good request is well after all that");
}
