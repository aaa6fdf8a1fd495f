// SPDX-License-Identifier: GPL-2.0
/*
 * J3, J4, J5: chains of descriptors.
 * Attack: indexes out of range, loops, self-loops, full-ring chains; indirect tables in
 * indirect tables, of odd lengths, of 4 GiB, at bad addresses, not negotiated;
 * chains and tables that are too long together; wrong directions, empty buffers, buffers that wrap,
 * no header, split headers, no status.
 * Must happen: an error status or a device that asks for a reset; it works after that.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "start.h"
#include "string.h"
#include "tap.h"

#define CHAIN_MAX	128	/* of the host */

static u64 data;
static struct blk_desc *table;

/* Posts a chain and says what comes of it. */
static bool refused(u16 head)
{
	u64 i;

	*blk_status(0) = BLK_NO_ANSWER;
	blk_post(head);
	blk_kick();
	for (i = 0; i < 3000; i++) {
		if (blk_broken())
			return true;
		if (blk_used->idx != blk_seen) {
			blk_seen = blk_used->idx;
			return *(volatile u8 *)blk_status(0) != BLK_S_OK;
		}
		delay_ms(1);
	}
	return false;
}

static void again(void)
{
	same(0, blk_init(F_VERSION_1 | F_INDIRECT), "reset");
	same(BLK_S_OK, blk_rw(BLK_T_IN, 0, data, PAGE), "works after it");
	/* not posted: the test's own head comes instead */
	blk_build_rw(0, BLK_T_IN, 0, data, PAGE);
}

static void check(const char *what)
{
	ok(refused(0), "%s: refused", what);
	again();
}

/* What a back end that looked at less would refuse for another reason. */
static void check_broken(const char *what)
{
	ok(refused(0) && blk_broken(), "%s: the device asks for a reset", what);
	again();
}

/* Where the chain goes on is good: beyond the table, and at 0, to which the host brings a bad index. */
static void beyond(void)
{
	blk_desc[1] = blk_desc[0];
	blk_desc[1].next = BLK_QSIZE;
	blk_set(0, data, PAGE, DESC_NEXT | DESC_WRITE, 2);
	blk_desc[BLK_QSIZE] = blk_desc[0];
	ok(refused(1), "next beyond the table, where the chain goes on: refused");
	again();
}

/* What lies behind the last address is refused anyhow; but no chain is taken with such a sum. */
static void wraps(void)
{
	blk_desc[1].addr = ~0UL - 511;
	check_broken("a buffer that wraps");
}

static void direct(void)
{
	unsigned int i;

	blk_desc[0].next = BLK_QSIZE;
	check("next beyond the table");
	blk_desc[1].next = 0xffff;
	check("next = 65535");
	blk_desc[1].next = 1;
	check("a descriptor that follows itself");
	blk_desc[1].next = 0;
	check("a loop of two");
	blk_desc[2].flags |= DESC_NEXT;
	blk_desc[2].next = 0;
	check("the status leads back to the header");
	for (i = 0; i < BLK_QSIZE; i++)
		blk_set(i, data, 1, DESC_NEXT, (i + 1) % BLK_QSIZE);
	check("all descriptors in one loop");
	beyond();
	wraps();
}

static void directions(void)
{
	blk_desc[0].flags |= DESC_WRITE;
	check("a writable header");
	blk_desc[2].flags = 0;
	check("a readable status");
	blk_set(0, gpa(blk_mem), 16, 0, 0);
	check("a header and nothing else");
	blk_set(0, gpa(blk_status(0)), 1, DESC_WRITE, 0);
	check("a status and nothing else");
	blk_desc[0].len = 15;
	check("a header that is too short");
	blk_desc[1].len = 0;
	check_broken("an empty buffer");
	blk_desc[2].len = 0;
	check_broken("an empty status");
	blk_desc[1].flags = DESC_NEXT;
	check("a read into a readable buffer");
	((struct blk_hdr *)blk_mem)->type = BLK_T_OUT;
	check("a write from a writable buffer");
	blk_set(1, data, PAGE, DESC_NEXT | DESC_WRITE, 2);
	blk_set(2, data, 16, DESC_NEXT, 3);
	blk_set(3, gpa(blk_status(0)), 1, DESC_WRITE, 0);
	check_broken("readable behind writable");
}

static void split_header(void)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		blk_set(i, gpa(blk_mem + i), 1, DESC_NEXT, i + 1);
	blk_set(16, data, 512, DESC_NEXT | DESC_WRITE, 17);
	blk_set(17, gpa(blk_status(0)), 1, DESC_WRITE, 0);
	*blk_status(0) = BLK_NO_ANSWER;
	blk_post(0);
	blk_kick();
	ok(blk_wait(1, 3000), "a header in 16 pieces is a header");
	same(BLK_S_OK, *(volatile u8 *)blk_status(0), "and good");
}

/* A good indirect table in 'table'; descriptor 0 points at it. */
static void indirect_good(void)
{
	memcpy(table, (void *)blk_desc, 3 * sizeof(*table));
	blk_set(0, gpa(table), 3 * sizeof(*table), DESC_INDIRECT, 0);
}

/* A ring of descriptors, of which the last is a table as large as may be: longer than any chain may be. */
static void indirect_long(void)
{
	unsigned int i, last = BLK_QSIZE - 1;

	for (i = 1; i < last; i++)
		blk_set(i, data, 512, DESC_NEXT | DESC_WRITE, i + 1);
	blk_set(last, gpa(table), CHAIN_MAX * sizeof(*table), DESC_INDIRECT, 0);
	for (i = 0; i < CHAIN_MAX; i++)
		table[i] = (struct blk_desc){ data, 512, DESC_NEXT | DESC_WRITE, i + 1 };
	table[CHAIN_MAX - 1] = (struct blk_desc){ gpa(blk_status(0)), 1, DESC_WRITE, 0 };
	check("a chain and a table that are too long together");
}

static void indirect(void)
{
	indirect_good();
	*blk_status(0) = BLK_NO_ANSWER;
	blk_post(0);
	blk_kick();
	ok(blk_wait(1, 3000) && *(volatile u8 *)blk_status(0) == BLK_S_OK, "an indirect table works");
	blk_build_rw(0, BLK_T_IN, 0, data, PAGE);
	indirect_good();
	table[1].flags |= DESC_INDIRECT;
	check("indirect in indirect");
	indirect_good();
	blk_desc[0].len = 47;
	check("a length that is no multiple of 16");
	indirect_good();
	blk_desc[0].len = 0;
	check("an empty table");
	indirect_good();
	blk_desc[0].len = 0xfffffff0;
	check("a table of 4 GiB");
	indirect_good();
	blk_desc[0].len = 4096 * 16;
	check("a table of 4,096 entries");
	indirect_good();
	blk_desc[0].addr = ~0UL - 15;
	check("a table at the end of everything");
	indirect_good();
	blk_desc[0].addr = start_info->nr_pages * PAGE - 16;
	check("a table over the end of memory");
	indirect_good();
	table[0].next = 3;
	check("next beyond the indirect table");
	indirect_good();
	table[1].next = 0;
	check("a loop in the indirect table");
	indirect_good();
	blk_desc[0].flags |= DESC_NEXT;
	blk_desc[0].next = 1;
	check("a chain that goes on behind an indirect table");
	indirect_long();
	same(0, blk_init(F_VERSION_1), "without the feature");
	blk_build_rw(0, BLK_T_IN, 0, data, PAGE);
	indirect_good();
	check("an indirect table");
}

void test(void)
{
	data = gpa(page_alloc());
	table = page_alloc();
	blk_init(F_VERSION_1 | F_INDIRECT);
	blk_build_rw(0, BLK_T_IN, 0, data, PAGE);
	direct();
	directions();
	split_header();
	blk_build_rw(0, BLK_T_IN, 0, data, PAGE);
	indirect();
}
