// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for whatever disks there are, at the command of lines on its
 * console; selftests/guest_disk.sh is the other end.
 * Side: guest.
 *
 *	disks		the disks that the device pages show: "disks 0 1 ..."; and how many events the bus gave
 *	use D		driver for disk D: "use D RET SECTORS SERIAL"
 *	drop		lets go of it
 *	read S N	sum of N sectors: "read STATUS SUM"
 *	write S N V	fills N sectors with words V
 *	flush, discard S N, zero S N, unmap S N
 *	trims N		N discards of 16 ranges of 2,048 sectors, not waited for: "trims N"
 *	edges N		N writes of a sector, the last but one of each of the last N pages, not waited for: "edges N"
 *	answers N	waits for those: "answers N BAD"
 *	size		"size SECTORS CHANGES"
 *	timed N		N reads of 4 KiB, 8 at a time: "timed BAD MS"
 *	busy deaf|polite	reads until the disk is gone; polite: then lets go: "busy BAD"
 *	reset N		N resets with reads under way: "reset BAD"
 *	storm MS	notifies all ports, with nothing behind it
 *	hog N		N times: 64 reads of 1 MiB each at once: "hog BAD"
 *	off		powers off
 */
#include "blk.h"
#include "console.h"
#include "event.h"
#include "input.h"
#include "start.h"
#include "string.h"
#include "tap.h"

#define FEATURES	(F_VERSION_1 | F_INDIRECT | F_BLK_FLUSH)
#define SLOTS		8
#define PAGES		16

static char line[256];
static u64 *buffer;	/* PAGES pages; contiguous in guest-physical memory */
static u64 arg[3];

static void *pages_alloc(u64 n)
{
	u64 *first = page_alloc(), *last = first, i;

	for (i = 1; i < n; i++) {
		u64 *next = page_alloc();

		if (gpa(next) != gpa(last) + PAGE) {
			first = next;
			i = 0;
		}
		last = next;
	}
	return first;
}

static void parse_args(const char *s)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arg); i++) {
		while (*s == ' ')
			s++;
		arg[i] = input_number(s);
		while (*s && *s != ' ')
			s++;
	}
}

static void list(void)
{
	unsigned int old = blk_dev;

	printf("disks");
	for (blk_dev = 0; blk_dev < PVHV_MAX_VDEVS; blk_dev++)
		if (blk_page->magic == PVHV_VDEV_MAGIC && blk_page->device_id == 2)
			printf(" %u", blk_dev);
	blk_dev = old;
	printf(" bus %lu\n", event_count[PVHV_PORT_BUS]);
}

static void use(void)
{
	char serial[21] = "";
	long ret;

	blk_dev = arg[0];
	if (blk_dev >= PVHV_MAX_VDEVS || blk_page->magic != PVHV_VDEV_MAGIC) {
		printf("use %u none\n", blk_dev);
		blk_dev = 0;
		return;
	}
	ret = blk_init(FEATURES | (blk_page->host_features & (F_BLK_DISCARD | F_BLK_ZEROES)));
	if (!ret && blk_rw(BLK_T_GET_ID, 0, gpa(buffer), 20) == BLK_S_OK)
		memcpy(serial, buffer, 20);
	printf("use %u %ld %lu %s\n", blk_dev, ret, blk_sectors(), serial);
}

static void read_sum(void)
{
	u64 n = arg[1] * 512, i, sum = 0;
	u8 status;

	if (n > PAGES * PAGE)
		n = PAGES * PAGE;
	memset(buffer, 0x11, n);
	status = blk_rw(BLK_T_IN, arg[0], gpa(buffer), n);
	for (i = 0; i < n / 8; i++)
		sum += buffer[i];
	printf("read %u %lu\n", status, sum);
}

static void write_fill(void)
{
	u64 n = arg[1] * 512, i;

	if (n > PAGES * PAGE)
		n = PAGES * PAGE;
	for (i = 0; i < n / 8; i++)
		buffer[i] = arg[2];
	printf("write %u\n", blk_rw(BLK_T_OUT, arg[0], gpa(buffer), n));
}

static void ranges(const char *word, u32 type, u32 flags)
{
	struct blk_range *r = (void *)buffer;

	*r = (struct blk_range){ .sector = arg[0], .nr = arg[1], .flags = flags };
	printf("%s %u\n", word, blk_rw(type, 0, gpa(buffer), sizeof(*r)));
}

#define TRIM_RANGES	16
#define TRIM_SECTORS	2048

/* All of them by the same table, in the first page of the buffer. */
static void trims(void)
{
	struct blk_range *r = (void *)buffer;
	u64 i;

	for (i = 0; i < TRIM_RANGES; i++)
		r[i] = (struct blk_range){ .sector = i * TRIM_SECTORS, .nr = TRIM_SECTORS };
	for (i = 0; i < arg[0]; i++)
		blk_queue_rw(3 * i, BLK_T_DISCARD, 0, gpa(r), TRIM_RANGES * sizeof(*r));
	blk_kick();
	printf("trims %lu\n", arg[0]);
}

static void edges(void)
{
	u64 i;

	for (i = 0; i < arg[0]; i++)
		blk_queue_rw(3 * i, BLK_T_OUT, blk_sectors() - 8 * (i + 1) + 6, gpa(buffer), 512);
	blk_kick();
	printf("edges %lu\n", arg[0]);
}

static void answers(void)
{
	u64 i, bad = !blk_wait(arg[0], 60000);

	for (i = 0; i < arg[0]; i++)
		bad += *(volatile u8 *)blk_status(3 * i) != BLK_S_OK;
	printf("answers %lu %lu\n", arg[0], bad);
}

static void post_reads(u64 from)
{
	u64 i;

	for (i = 0; i < SLOTS; i++)
		blk_queue_rw(3 * i, BLK_T_IN, (from + i) * 8 % (blk_sectors() & ~7UL),
			     gpa(buffer) + i * PAGE, PAGE);
	blk_kick();
}

static u64 bad_reads(void)
{
	u64 i, bad = 0;

	for (i = 0; i < SLOTS; i++)
		bad += *(volatile u8 *)blk_status(3 * i) != BLK_S_OK;
	return bad;
}

static void timed(void)
{
	u64 start = rdtsc(), i, bad = 0;

	for (i = 0; i < arg[0]; i += SLOTS) {
		post_reads(i);
		if (!blk_wait(SLOTS, 20000))
			bad++;
		bad += bad_reads();
	}
	printf("timed %lu %lu\n", bad, (rdtsc() - start) / ticks_per_ms());
}

/* The device page says that the disk leaves; requests under way may be answered or not. */
static void busy(const char *how)
{
	u64 i = 0, bad = 0;

	printf("at work\n");
	console_flush();
	while (blk_page->device_id) {
		post_reads(i++);
		if (!blk_wait(SLOTS, 10000))
			bad++;
		bad += bad_reads();
	}
	printf("gone after %lu reads, %lu bad\n", i * SLOTS, bad);
	console_flush();
	if (streq(how, "polite")) {
		blk_ctrl(PVHV_VCTRL_STATUS, 0);
		printf("let go\n");
	}
}

static void resets(void)
{
	u64 i, bad = 0;

	for (i = 0; i < arg[0]; i++) {
		post_reads(i);
		if (i & 1)
			blk_wait_first(100);
		bad += blk_init(FEATURES) != 0;
	}
	printf("reset %lu\n", bad);
}

static void storm(void)
{
	u64 end = rdtsc() + arg[0] * ticks_per_ms();
	u64 port;

	while (rdtsc() < end)
		for (port = PVHV_PORT_DEV_CTRL(0); port < PVHV_PORT_DEV_CTRL(2); port++)
			hc_notify(port);
	printf("storm done\n");
}

#define HOG_SEGS	126
#define HOG_LEN		8192

/* All of them into the same pages, by one indirect table per status byte. */
static void hog(void)
{
	struct blk_desc *table[BLK_QSIZE];
	u64 n, i, k, bad = 0;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		table[i] = page_alloc();
		blk_build_rw(0, BLK_T_IN, 0, gpa(buffer), HOG_LEN);
		table[i][0] = *(struct blk_desc *)&blk_desc[0];
		for (k = 0; k < HOG_SEGS; k++)
			table[i][1 + k] = (struct blk_desc){ gpa(buffer), HOG_LEN, DESC_NEXT | DESC_WRITE, 2 + k };
		table[i][0].next = 1;
		table[i][1 + k] = (struct blk_desc){ gpa(blk_status(i)), 1, DESC_WRITE, 0 };
	}
	for (n = 0; n < arg[0]; n++) {
		for (i = 0; i < ARRAY_SIZE(table); i++) {
			*blk_status(i) = BLK_NO_ANSWER;
			blk_set(i, gpa(table[i]), (2 + HOG_SEGS) * sizeof(**table), DESC_INDIRECT, 0);
			blk_post(i);
		}
		blk_kick();
		bad += !blk_wait(ARRAY_SIZE(table), 30000);
		for (i = 0; i < ARRAY_SIZE(table); i++)
			bad += *(volatile u8 *)blk_status(i) != BLK_S_OK;
	}
	for (i = 0; i < ARRAY_SIZE(table); i++)
		page_free(table[i]);
	printf("hog %lu\n", bad);
}

static void obey(void)
{
	const char *word = line;

	while (*word && *word != ' ')
		word++;
	parse_args(word);
	if (input_after(line, "disks"))
		list();
	else if (input_after(line, "use"))
		use();
	else if (input_after(line, "drop"))
		printf("drop %ld\n", blk_ctrl(PVHV_VCTRL_STATUS, 0));
	else if (input_after(line, "read"))
		read_sum();
	else if (input_after(line, "write"))
		write_fill();
	else if (input_after(line, "flush"))
		printf("flush %u\n", blk_rw(BLK_T_FLUSH, 0, 0, 0));
	else if (input_after(line, "discard"))
		ranges("discard", BLK_T_DISCARD, 0);
	else if (input_after(line, "zero"))
		ranges("zero", BLK_T_ZEROES, 0);
	else if (input_after(line, "unmap"))
		ranges("unmap", BLK_T_ZEROES, 1);
	else if (input_after(line, "trims"))
		trims();
	else if (input_after(line, "edges"))
		edges();
	else if (input_after(line, "answers"))
		answers();
	else if (input_after(line, "size"))
		printf("size %lu %lu\n", blk_sectors(), event_count[PVHV_PORT_DEV_CTRL(blk_dev)]);
	else if (input_after(line, "timed"))
		timed();
	else if (input_after(line, "busy "))
		busy(input_after(line, "busy "));
	else if (input_after(line, "reset"))
		resets();
	else if (input_after(line, "storm"))
		storm();
	else if (input_after(line, "hog"))
		hog();
	else if (input_after(line, "off"))
		input_power_off();
	else
		printf("what is '%s'?\n", line);
}

void test(void)
{
	buffer = pages_alloc(PAGES);
	printf("ready\n");
	for (;;) {
		input_line(line, sizeof(line));
		obey();
	}
}
