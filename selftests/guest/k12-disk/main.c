// SPDX-License-Identifier: GPL-2.0
/*
 * Disk work that can be checked, until it is asked to power off: writes pages, reads them back, a few at
 * a time. 'flood': as much as the ring takes, in requests of 256 KiB; 'flood-1m', 'flood-4k': in larger and in
 * small ones; before it powers off, requests of 1 MiB that can be checked. For tests of shares (J13) and of a host in need (K12); who counts the requests is the host.
 * Side: guest.
 */
#include "blk.h"
#include "console.h"
#include "event.h"
#include "mm.h"
#include "start.h"
#include "tap.h"

#define AT_ONCE		4
#define FLOOD		21		/* chains of three descriptors */
#define BIG		(1UL << 20)
#define BIG_ROUNDS	6

static u64 bad, rounds;

static u64 word(u64 round, u64 sector)
{
	return (round << 20 | sector) * 0x9e3779b97f4a7c15UL;
}

static void do_all(u32 type, u64 sector, u8 **pages)
{
	u64 i;

	for (i = 0; i < AT_ONCE; i++)
		blk_queue_rw(3 * i, type, sector + 8 * i, gpa(pages[i]), PAGE);
	blk_kick();
	/* however long the host may be busy */
	bad += !blk_wait(AT_ONCE, 120000);
	for (i = 0; i < AT_ONCE; i++)
		bad += *(volatile u8 *)blk_status(3 * i) != BLK_S_OK;
}

static void polite(u8 **out, u8 **in)
{
	u64 sector = rounds * AT_ONCE * 8 % (blk_sectors() - AT_ONCE * 8), i, j;

	for (i = 0; i < AT_ONCE; i++)
		for (j = 0; j < 512; j++)
			((u64 *)out[i])[j] = word(rounds, sector + i) + j;
	do_all(BLK_T_OUT, sector, out);
	do_all(BLK_T_IN, sector, in);
	for (i = 0; i < AT_ONCE; i++)
		for (j = 0; j < 512; j++)
			bad += ((u64 *)in[i])[j] != word(rounds, sector + i) + j;
	rounds++;
}

/* All into the same memory; the disk has room for a dozen of the largest. */
static void flood(u64 bytes)
{
	u64 i, addr = (start_info->nr_pages * PAGE - bytes) & ~(bytes - 1), sectors = bytes / 512;

	for (i = 0; i < FLOOD; i++)
		blk_queue_rw(3 * i, BLK_T_IN, i * sectors % (blk_sectors() / 2), addr, bytes);
	blk_kick();
	bad += !blk_wait(FLOOD, 120000);
	rounds++;
}

static bool do_big(u32 type, u64 sector, const void *at)
{
	blk_queue_rw(0, type, sector, gpa(at), BIG);
	blk_kick();
	return blk_wait(1, 120000) && *(volatile u8 *)blk_status(0) == BLK_S_OK;
}

/* However the host may cut them: they begin within a page, and at an odd sector. */
static void big(void)
{
	u64 *out = gfn_page(start_info->nr_pages - 3 * BIG / PAGE), *in = out + (BIG + PAGE) / 8 + 64;
	u64 round, i, wrong = 0;

	out += 192;
	for (round = 0; round < BIG_ROUNDS; round++) {
		for (i = 0; i < BIG / 8; i++) {
			out[i] = word(round, i);
			in[i] = 0;
		}
		wrong += !do_big(BLK_T_OUT, 2 * round + 1, out) || !do_big(BLK_T_IN, 2 * round + 1, in);
		for (i = 0; i < BIG / 8; i++)
			wrong += in[i] != word(round, i);
	}
	same(0, wrong, "%u requests of 1 MiB were written and read", BIG_ROUNDS);
}

void test(void)
{
	u8 *out[AT_ONCE], *in[AT_ONCE];
	u64 bytes = 0;
	unsigned int i;

	if (variant("flood"))
		bytes = 256 << 10;
	else if (variant("flood-1m"))
		bytes = 1 << 20;
	else if (variant("flood-4k"))
		bytes = PAGE;
	for (i = 0; i < AT_ONCE; i++) {
		out[i] = page_alloc();
		in[i] = page_alloc();
	}
	if (!same(0, blk_init(F_VERSION_1), "the disk"))
		return;
	printf("# works\n");
	while (!event_count[PVHV_PORT_POWER]) {
		if (bytes)
			flood(bytes);
		else
			polite(out, in);
	}
	if (bytes)
		big();
	same(0, bad, "what was written was read, in %lu rounds", rounds);
	ok(rounds > 0, "it worked");
}
