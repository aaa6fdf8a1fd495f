// SPDX-License-Identifier: GPL-2.0
/*
 * The gate's pages: see gate.h.
 * Side: guest.
 */
#include "gate.h"
#include "start.h"
#include "trap.h"

#define GATE_FIRST	0x13000		/* descriptors before it look like anything */
#define GATE_LAST	0x40000
#define NO_ADDRESS	0xffffffffff000000UL	/* behind Linux' modules: small negative numbers */

u64 gate_word, gate_where;

bool gate_foreign(u64 word)
{
	u64 size = start_info->nr_pages * PAGE;

	return word >= PVHV_DIRECTMAP_VA && word < NO_ADDRESS &&
	       word - PVHV_DIRECTMAP_VA >= size && word - PVHV_KERNMAP_VA >= size;
}

u64 gate_look(void)
{
	u64 page, at, word, n = 0;

	for (page = PVHV_GATE_BASE + GATE_FIRST; page < PVHV_GATE_BASE + GATE_LAST; page += PAGE) {
		if (try_read(page, &word) != NO_TRAP)
			continue;
		for (at = page; at < page + PAGE; at += 8) {
			word = gate_read(at);
			if (!gate_foreign(word))
				continue;
			gate_word = word;
			gate_where = at;
			n++;
		}
	}
	return n;
}
