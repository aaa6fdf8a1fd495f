// SPDX-License-Identifier: GPL-2.0
/*
 * J1 (XSA-155): the ring changes while the host reads it.
 * Attack: vCPU 1 rewrites descriptors, indirect tables, headers and available
 * entries with good and bad values, without end, while vCPU 0 posts requests.
 * Must happen: each request is answered, or the device asks for a reset; no page
 * table and no page that was never named is written.
 * Side: guest.
 */
#include "blk.h"
#include "event.h"
#include "smp.h"
#include "start.h"
#include "string.h"
#include "tap.h"
#include "trap.h"

#define TARGETS	8
#define SECONDS	6
#define HEADS	16

static u64 targets[TARGETS];
static struct blk_desc *table;
static volatile u64 writes;

static u64 address(u64 r)
{
	switch (r >> 60) {
	case 0: return start_info->pt_gfn * PAGE + (r & 0x3ff8);
	case 1: return start_info->nr_pages * PAGE - (r & 0x1ff);
	case 2: return ~0UL - (r & 0xfff);
	case 3: return gpa(table);
	case 4: return gpa(blk_mem) + (r & 0x7ff);
	case 5: return r;
	default: return targets[r % TARGETS] + (r >> 20 & 0x800);
	}
}

static void scribble(volatile struct blk_desc *d, u64 r, u64 q)
{
	switch (r & 7) {
	case 0:
		d->addr = address(q);
		break;
	case 1:
		d->len = q & 0xffff;
		break;
	case 2:
		d->len = q;
		break;
	case 3:
		d->flags = q & 7;
		break;
	case 4:
		d->next = q & 0x3f;
		break;
	case 5:
		d->next = q;
		break;
	default:
		d->flags = DESC_NEXT | (q & DESC_WRITE);
		break;
	}
}

static void hammer(void)
{
	u64 s = 0x243f6a8885a308d3UL;

	while (!smp_stop) {
		u64 r, q;

		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		r = s;
		q = s * 0x9e3779b97f4a7c15UL;
		if (r & 0x10000)
			scribble(&blk_desc[r >> 20 & 63], r, q);
		else if (r & 0x20000)
			scribble(&table[r >> 20 & 15], r, q);
		else if (r & 0x40000)
			blk_mem[r >> 20 & 0x7ff] = q;
		else
			blk_avail->ring[r >> 20 & 63] = q & 0x7f;
		writes++;
	}
}

static u64 sum(const u64 *p)
{
	u64 i, s = 0;

	for (i = 0; i < 512; i++)
		s += (p[i] & ~(PTE_A | PTE_D)) * (i + 1);
	return s;
}

void test(void)
{
	u64 *canary, end, n = 0, resets = 0, answers = 0, root, canary_sum;
	unsigned int i;

	/* below the targets: a long buffer may reach what lies above */
	canary = page_alloc();
	for (i = 0; i < TARGETS; i++)
		targets[i] = gpa(page_alloc());
	memset(canary, 0x5a, PAGE);
	canary_sum = sum(canary);
	table = page_alloc();
	same(0, blk_init(F_VERSION_1 | F_INDIRECT), "the disk starts");
	root = sum(boot_root);
	same(0, smp_start(hammer), "vCPU 1 starts");
	if (!ok(smp_wait(5000), "and runs"))
		return;
	end = rdtsc() + SECONDS * 1000 * ticks_per_ms();
	while (rdtsc() < end) {
		u16 before = blk_used->idx;

		for (i = 0; i < HEADS; i++) {
			blk_queue_rw(3 * i, i & 1 ? BLK_T_OUT : BLK_T_IN, 8 * i, targets[i % TARGETS], 512);
			if (i % 5 == 0)
				blk_set(3 * i, gpa(table), 16 * (1 + i), DESC_INDIRECT, 0);
		}
		blk_kick();
		for (i = 0; i < 40 && !blk_broken() && (u16)(blk_used->idx - before) < HEADS; i++)
			delay_ms(1);
		answers += (u16)(blk_used->idx - before);
		n++;
		if (blk_broken() || i == 40) {
			resets++;
			if (blk_init(F_VERSION_1 | F_INDIRECT))
				break;
		}
	}
	ok(smp_end(5000), "vCPU 1 ends (%lu writes)", writes);
	ok(rdtsc() >= end, "%lu batches, %lu answers, %lu resets: the device always came back", n, answers,
	   resets);
	same(root, sum(boot_root), "the root is as it was");
	same(canary_sum, sum(canary), "so is a page that was never named");
	same(0, blk_init(F_VERSION_1), "after a last reset");
	same(BLK_S_OK, blk_rw(BLK_T_IN, 0, targets[0], PAGE), "it works");
}
