// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that does what lines on its console ask for; selftests/dom_*.c are
 * the other end. Its command line, if any, is its first line.
 * Side: guest.
 *
 *	echo TEXT	prints TEXT
 *	flood N		prints N bytes: byte i is 'a' + i % 23
 *	time		prints the wall clock, in seconds
 *	size		prints rows and columns of the terminal
 *	disk N		writes N pages to its disk, reads them back, and once where there is no disk
 *	spin		loops for ever, events off
 *	churn		the same, while its second vCPU maps and unmaps a page
 *	roots N		changes an entry of its root N times
 *	off		powers off
 */
#include "blk.h"
#include "console.h"
#include "event.h"
#include "input.h"
#include "mm.h"
#include "smp.h"
#include "start.h"
#include "string.h"
#include "tap.h"

#define con	((volatile struct pvhv_console_page *)(PVHV_SHARED_VA + PVHV_CONSOLE_PAGE * PAGE))
#define shared	((volatile struct pvhv_shared_info *)PVHV_SHARED_VA)
#define LINE	1024
#define CHURN_VA	(7UL << 39)

static char line[LINE];

static void flood(u64 n)
{
	char buf[256];
	u64 i;

	for (i = 0; i < n; i++) {
		buf[i % sizeof(buf)] = 'a' + i % 23;
		if (i % sizeof(buf) == sizeof(buf) - 1)
			console_write(buf, sizeof(buf));
	}
	console_write(buf, n % sizeof(buf));
	console_flush();
}

static u64 wall_clock(void)
{
	u64 ticks, sec, nsec;
	u32 version;

	do {
		version = shared->wc_version & ~1U;
		barrier();
		ticks = rdtsc() - shared->wc_tsc;
		sec = shared->wc_sec;
		nsec = shared->wc_nsec;
		barrier();
	} while (version != shared->wc_version);
	return sec + (nsec / 1000000 + ticks / shared->tsc_khz) / 1000;
}

static void spin(const char *word)
{
	printf("%s\n", word);
	console_flush();
	events_off();
	for (;;)
		barrier();
}

static void map_and_unmap(void)
{
	void *page = page_alloc();

	while (!smp_stop) {
		map_page(CHURN_VA, page, PTE_KERN);
		unmap_page(CHURN_VA);
	}
}

static void churn(void)
{
	map_page(CHURN_VA, page_alloc(), PTE_KERN);
	if (smp_start(map_and_unmap) || !smp_wait(5000))
		printf("vCPU 1 does not run\n");
	else
		spin("churning");
}

/* The entry names the same table all the time: with U and without. */
static void roots(u64 n)
{
	u64 entry, bad = 0, i;

	if (!(pt_read(CHURN_VA, 1) & PTE_P))
		map_page(CHURN_VA, page_alloc(), PTE_KERN);
	entry = pt_read(CHURN_VA, 4);
	for (i = 0; i < n; i++)
		bad += map_level(CHURN_VA, 4, i & 1 ? entry : entry ^ PTE_US) != 0;
	printf("roots done, %lu wrong\n", bad);
}

static void disk(u64 n)
{
	static u64 *page;
	u64 i, bad = 0;

	if (!page) {
		page = page_alloc();
		bad += blk_init(F_VERSION_1) != 0;
	}
	for (i = 0; i < n; i++)
		bad += blk_rw(BLK_T_OUT, 8 * i, gpa(page), PAGE) != BLK_S_OK;
	for (i = 0; i < n; i++)
		bad += blk_rw(BLK_T_IN, 8 * i, gpa(page), PAGE) != BLK_S_OK;
	bad += blk_rw(BLK_T_IN, blk_sectors(), gpa(page), PAGE) == BLK_S_OK;
	printf("disk done, %lu wrong\n", bad);
}

static void obey(void)
{
	if (input_after(line, "echo "))
		printf("%s\n", input_after(line, "echo "));
	else if (input_after(line, "flood "))
		flood(input_number(input_after(line, "flood ")));
	else if (input_after(line, "time"))
		printf("%lu\n", wall_clock());
	else if (input_after(line, "size"))
		printf("%u %u\n", con->rows, con->cols);
	else if (input_after(line, "disk "))
		disk(input_number(input_after(line, "disk ")));
	else if (input_after(line, "off"))
		input_power_off();
	else if (input_after(line, "spin"))
		spin("spinning");
	else if (input_after(line, "churn"))
		churn();
	else if (input_after(line, "roots "))
		roots(input_number(input_after(line, "roots ")));
	else
		printf("what is '%s'?\n", line);
}

void test(void)
{
	u32 i;

	for (i = 0; i < LINE - 1 && start_info->cmdline[i]; i++)
		line[i] = start_info->cmdline[i];
	if (i) {
		obey();
		input_power_off();
	}
	printf("ready\n");
	for (;;) {
		input_line(line, LINE);
		obey();
	}
}
