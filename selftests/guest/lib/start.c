// SPDX-License-Identifier: GPL-2.0
/*
 * From the first C code to the test and its end.
 * Side: guest.
 */
#include "start.h"
#include "event.h"
#include "mm.h"
#include "string.h"
#include "tap.h"
#include "trap.h"

const struct pvhv_start_info *start_info;
void guest_start(const struct pvhv_start_info *si);

bool variant(const char *word)
{
	const char *line = start_info->cmdline;
	size_t len = strlen(word);

	/* behind it may stand what the tool adds for an interface */
	return strlen(line) >= len && !memcmp(line, word, len) && (!line[len] || line[len] == ' ');
}

void guest_start(const struct pvhv_start_info *si)
{
	start_info = si;
	if (si->magic != PVHV_START_MAGIC)
		guest_panic("no start_info: magic %lx", (u64)si->magic);
	trap_init();
	mm_init();
	events_on();
	test();
	tap_done();
}
