// SPDX-License-Identifier: GPL-2.0
/*
 * The builder against a fake domain: memory in an array, frames numbered out
 * of order.  The page tables are checked by walking them as a CPU would.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "elfgen.h"
#include "libpvhv.h"
#include "tap.h"

#define PAGE		4096ULL
#define P		(1ULL << 0)
#define RW		(1ULL << 1)
#define US		(1ULL << 2)
#define A		(1ULL << 5)
#define D		(1ULL << 6)
#define PS		(1ULL << 7)
#define G		(1ULL << 8)
#define NX		(1ULL << 63)
#define ADDR		0x000ffffffffff000ULL
#define WINDOW_FLAGS	(P | RW | A | D)
#define DIRECT_FLAGS	(P | RW | A | D | NX)
#define TABLE_FLAGS	(P | A | D | NX)

/* ---- a domain that is an array ---- */

static struct {
	unsigned char *mem;
	uint64_t nr_pages;
	int fail_write_at;	/* this call of write fails; 0 = none */
	int writes;
	uint64_t hole;		/* gfn + 1 without a frame; 0 = none */
} fake;

/* An odd factor permutes the frames; they begin at an odd place, too. */
static uint64_t fake_mfn(uint64_t gfn)
{
	return 0x12345 + (gfn ^ 0x2a5);
}

static int fake_gfn(uint64_t mfn, uint64_t *gfn)
{
	*gfn = (mfn - 0x12345) ^ 0x2a5;
	return *gfn < fake.nr_pages;
}

static int fake_write(void *ctx, uint64_t gpa, const void *buf, size_t len,
		      struct pvhv_error *err)
{
	(void)ctx;
	if (++fake.writes == fake.fail_write_at) {
		strcpy(err->text, "the fake fails");
		return -EIO;
	}
	if (gpa > fake.nr_pages * PAGE || len > fake.nr_pages * PAGE - gpa)
		return -ERANGE;
	memcpy(fake.mem + gpa, buf, len);
	return 0;
}

static int fake_p2m(void *ctx, uint64_t gfn, uint64_t count, uint64_t *mfns,
		    struct pvhv_error *err)
{
	(void)ctx;
	(void)err;
	if (gfn > fake.nr_pages || count > fake.nr_pages - gfn)
		return -ERANGE;
	for (uint64_t i = 0; i < count; i++)
		mfns[i] = fake.hole == gfn + i + 1 ? ~0ULL : fake_mfn(gfn + i);
	return 0;
}

static const struct pvhv_mem fake_mem = { .write = fake_write, .p2m = fake_p2m };

static void fake_reset(uint64_t nr_pages)
{
	free(fake.mem);
	memset(&fake, 0, sizeof(fake));
	fake.mem = calloc(nr_pages, PAGE);
	fake.nr_pages = nr_pages;
}

/* ---- what is built ---- */

static struct pvhv_error err;
static struct pvhv_image image;
static unsigned char initrd[3 * 4096 + 17];

static int load_image(void)
{
	struct gen g;
	int ret;

	if (image.elf)
		return 0;
	g = gen_elf();
	ret = pvhv_image_load(gen_file(g.data, g.size), &image, &err);
	gen_free(&g);
	gen_file_remove();
	for (size_t i = 0; i < sizeof(initrd); i++)
		initrd[i] = gen_byte(0x44, i);
	return ret;
}

static struct pvhv_build make_build(uint64_t nr_pages)
{
	return (struct pvhv_build){
		.image = &image,
		.initrd = initrd,
		.initrd_len = sizeof(initrd),
		.cmdline = "console=hvc0 root=/dev/vda",
		.nr_pages = nr_pages,
		.max_pages = nr_pages + 77,
		.tsc_khz = 2600000,
		.xcr0 = 7,
		.features = PVHV_FEAT_TSC_STABLE,
		.nr_vcpus = 3,
		.domid = 42,
		.nr_vdevs = 2,
	};
}

/* The entry that maps va, found by walking from the root; 0: none or broken. */
static uint64_t walk(uint64_t root_gfn, uint64_t va)
{
	uint64_t gfn = root_gfn, entry = 0;

	for (int shift = 39; shift >= 12; shift -= 9) {
		entry = ((uint64_t *)(fake.mem + gfn * PAGE))[va >> shift & 511];
		if (!(entry & P) || (shift > 12 && entry & (PS | NX)))
			return 0;
		if (shift > 12 && !fake_gfn((entry & ADDR) >> 12, &gfn))
			return 0;
	}
	return entry;
}

static uint64_t expect(uint64_t gfn, uint64_t flags)
{
	return fake_mfn(gfn) << 12 | flags;
}

/* All present leaves and tables below a table; upper flags checked on the way. */
static int count_tree(uint64_t gfn, int level, uint64_t *leaves, uint64_t *tables,
		      const struct pvhv_start_info *si)
{
	const uint64_t *t = (uint64_t *)(fake.mem + gfn * PAGE);

	if (gfn < si->pt_gfn || gfn >= si->pt_gfn + si->nr_pt)
		return -1;
	(*tables)++;
	for (int i = 0; i < 512; i++) {
		uint64_t below;

		if (!t[i])
			continue;
		if (t[i] & (US | G | PS))
			return -1;
		if (level == 1) {
			(*leaves)++;
			continue;
		}
		if ((t[i] & ~ADDR) != (P | RW | A) || !fake_gfn((t[i] & ADDR) >> 12, &below) ||
		    count_tree(below, level - 1, leaves, tables, si))
			return -1;
	}
	return 0;
}

static const struct pvhv_start_info *start_info(const struct pvhv_entry *e)
{
	return (void *)(fake.mem + (e->rsi - PVHV_DIRECTMAP_VA));
}

/* ---- tests ---- */

static void check_tables(uint64_t nr_pages)
{
	struct pvhv_build b = make_build(nr_pages);
	const struct pvhv_start_info *si;
	uint64_t window, window_end, leaves = 0, tables = 0;
	struct pvhv_entry e;
	int ret;

	CHECK_EQ(load_image(), 0);
	fake_reset(nr_pages);
	ret = pvhv_build(&b, &fake_mem, &e, &err);
	if (ret)
		printf("# %s\n", err.text);
	CHECK_EQ(ret, 0);
	CHECK_EQ(e.directmap_va, PVHV_DIRECTMAP_VA);
	si = start_info(&e);
	CHECK_EQ(si->pt_gfn, e.root_gfn);

	for (uint64_t gfn = 0; gfn < nr_pages; gfn++) {
		int table = gfn >= si->pt_gfn && gfn < si->pt_gfn + si->nr_pt;

		CHECK_EQ(walk(e.root_gfn, PVHV_DIRECTMAP_VA + gfn * PAGE),
			 expect(gfn, table ? TABLE_FLAGS : DIRECT_FLAGS));
	}
	window = GEN_BASE + GEN_TEXT_GPA;
	window_end = GEN_BASE + 0x400000;
	for (uint64_t va = window; va < window_end; va += PAGE) {
		uint64_t gfn = (va - GEN_BASE) / PAGE;

		CHECK_EQ(walk(e.root_gfn, va), expect(gfn, WINDOW_FLAGS));
		CHECK(gfn < si->pt_gfn || gfn >= si->pt_gfn + si->nr_pt);
	}
	CHECK_EQ(count_tree(e.root_gfn, 4, &leaves, &tables, si), 0);
	CHECK_EQ(leaves, nr_pages + (window_end - window) / PAGE);
	CHECK_EQ(tables, si->nr_pt);
	for (int slot = 0; slot < 512; slot++)
		if (slot < 273 || (slot > 273 && slot < 511))
			CHECK_EQ(((uint64_t *)(fake.mem + e.root_gfn * PAGE))[slot], 0);
}

static void tables_of_small_guest(void)
{
	check_tables(2048);
}

/* Not a multiple of a table's reach: the last tables are half empty. */
static void tables_of_odd_guest(void)
{
	check_tables(300 * 256 + 1);
}

/* More than 1 GiB: several L2 tables. */
static void tables_of_large_guest(void)
{
	check_tables(1200 * 256);
}

static int same_bytes(uint64_t gpa, uint64_t n, unsigned char seed)
{
	for (uint64_t i = 0; i < n; i++)
		if (fake.mem[gpa + i] != gen_byte(seed, i))
			return 0;
	return 1;
}

static int all_zero(uint64_t gpa, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (fake.mem[gpa + i])
			return 0;
	return 1;
}

static void contents(void)
{
	struct pvhv_build b = make_build(2048);
	const struct pvhv_start_info *si;
	struct pvhv_entry e;

	CHECK_EQ(load_image(), 0);
	fake_reset(2048);
	CHECK_EQ(pvhv_build(&b, &fake_mem, &e, &err), 0);
	si = start_info(&e);
	CHECK(all_zero(0, GEN_TEXT_GPA));
	CHECK(same_bytes(GEN_TEXT_GPA, GEN_TEXT_SIZE, GEN_TEXT_SEED));
	CHECK(same_bytes(GEN_DATA_GPA, GEN_DATA_SIZE, GEN_DATA_SEED));
	CHECK(all_zero(GEN_DATA_GPA + GEN_DATA_SIZE, GEN_DATA_MEM - GEN_DATA_SIZE));
	CHECK(same_bytes(GEN_PERCPU_GPA, GEN_PERCPU_SIZE, GEN_PERCPU_SEED));
	CHECK(same_bytes(si->initrd_gfn * PAGE, sizeof(initrd), 0x44));
	CHECK(all_zero(si->first_free_gfn * PAGE, (2048 - si->first_free_gfn) * PAGE));
}

static void start_info_is_filled(void)
{
	struct pvhv_build b = make_build(2048);
	const struct pvhv_start_info *si;
	struct pvhv_entry e;

	CHECK_EQ(load_image(), 0);
	fake_reset(2048);
	CHECK_EQ(pvhv_build(&b, &fake_mem, &e, &err), 0);
	si = start_info(&e);
	CHECK_EQ(e.rip, GEN_ENTRY);
	CHECK_EQ(e.rsi & (PAGE - 1), 0);
	CHECK_EQ(e.rsp, si->stack_top);
	CHECK_EQ(si->magic, PVHV_START_MAGIC);
	CHECK_EQ(si->abi_version, PVHV_ABI_VERSION);
	CHECK_EQ(si->features, PVHV_FEAT_TSC_STABLE);
	CHECK_EQ(si->nr_pages, 2048);
	CHECK_EQ(si->max_pages, 2048 + 77);
	CHECK_EQ(si->initrd_len, sizeof(initrd));
	CHECK_EQ(si->tsc_khz, 2600000);
	CHECK_EQ(si->xcr0, 7);
	CHECK_EQ(si->nr_vcpus, 3);
	CHECK_EQ(si->domid, 42);
	CHECK_EQ(si->nr_vdevs, 2);
	CHECK(!strcmp(si->cmdline, b.cmdline));
}

/* Nothing may lie on anything else. */
static void places_are_disjoint(void)
{
	struct pvhv_build b = make_build(2048);
	struct pvhv_layout l;

	CHECK_EQ(load_image(), 0);
	CHECK_EQ(pvhv_build_plan(&b, &l, &err), 0);
	CHECK_EQ(l.window_end_va - GEN_BASE, 0x400000);
	CHECK(l.initrd_gfn * PAGE >= l.window_end_va - GEN_BASE);
	CHECK(l.start_info_gfn >= l.initrd_gfn + 4);
	CHECK(l.stack_gfn > l.start_info_gfn);
	CHECK(l.pt_gfn > l.stack_gfn);
	CHECK_EQ(l.first_free_gfn, l.pt_gfn + l.nr_pt);
	CHECK(l.first_free_gfn <= 2048);
}

static void without_initrd_and_cmdline(void)
{
	struct pvhv_build b = make_build(2048);
	const struct pvhv_start_info *si;
	struct pvhv_entry e;

	CHECK_EQ(load_image(), 0);
	b.initrd = NULL;
	b.initrd_len = 0;
	b.cmdline = NULL;
	fake_reset(2048);
	CHECK_EQ(pvhv_build(&b, &fake_mem, &e, &err), 0);
	si = start_info(&e);
	CHECK_EQ(si->initrd_gfn, 0);
	CHECK_EQ(si->initrd_len, 0);
	CHECK_EQ(si->cmdline[0], 0);
}

/* The least memory works, one page less does not, and the message tells the former. */
static void too_little_memory(void)
{
	struct pvhv_build b = make_build(1);
	struct pvhv_layout l;
	struct pvhv_entry e;
	uint64_t least = 1;
	char need[32];

	CHECK_EQ(load_image(), 0);
	while (least < 4096 && (b.nr_pages = least, pvhv_build_plan(&b, &l, &err)))
		least++;
	CHECK(least < 4096);
	b.nr_pages = least;
	fake_reset(least);
	CHECK_EQ(pvhv_build(&b, &fake_mem, &e, &err), 0);

	b.nr_pages = least - 1;
	fake_reset(least - 1);
	CHECK_EQ(pvhv_build(&b, &fake_mem, &e, &err), -ENOSPC);
	CHECK_EQ(fake.writes, 0);
	snprintf(need, sizeof(need), "at least %llu MiB", (unsigned long long)(least + 255) / 256);
	CHECK_SAYS(err.text, "too little", need);
}

static void cmdline_too_long(void)
{
	struct pvhv_build b = make_build(2048);
	char line[PVHV_CMDLINE_MAX + 1];
	struct pvhv_layout l;

	CHECK_EQ(load_image(), 0);
	memset(line, 'x', PVHV_CMDLINE_MAX);
	line[PVHV_CMDLINE_MAX] = '\0';
	b.cmdline = line;
	CHECK_EQ(pvhv_build_plan(&b, &l, &err), -E2BIG);
	CHECK_SAYS(err.text, "2048", "2047");
	line[PVHV_CMDLINE_MAX - 1] = '\0';
	CHECK_EQ(pvhv_build_plan(&b, &l, &err), 0);
}

/* Kernels that want to live where they cannot. */
static void bad_windows(void)
{
	static const uint64_t bases[] = {
		0xffff800000000000, 0xffff807fffc00000, 0xffff87ffffe00000,
		0xffff888000000000, 0x0000000040000000, 0xffff7fff00000000,
		0xffffffff80000800,
	};
	struct pvhv_build b = make_build(2048);
	struct pvhv_layout l;

	CHECK_EQ(load_image(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		struct pvhv_image moved = image;

		moved.diff = bases[i] - moved.start;
		b.image = &moved;
		CHECK_EQ(pvhv_build_plan(&b, &l, &err), -ENOEXEC);
		CHECK_SAYS(err.text, "wants to run at");
	}
}

/* The very top of the address space, where the window's end is 0. */
static void window_at_the_top(void)
{
	struct pvhv_build b = make_build(2048);
	struct pvhv_image moved;
	struct pvhv_entry e;

	CHECK_EQ(load_image(), 0);
	moved = image;
	moved.diff = 0ULL - 0x400000;
	moved.entry = moved.diff + GEN_TEXT_GPA + 0x100;
	b.image = &moved;
	fake_reset(2048);
	CHECK_EQ(pvhv_build(&b, &fake_mem, &e, &err), 0);
	CHECK_EQ(walk(e.root_gfn, ~0ULL), expect(0x3ff, WINDOW_FLAGS));
	CHECK_EQ(walk(e.root_gfn, moved.diff + GEN_TEXT_GPA), expect(0x200, WINDOW_FLAGS));
}

/* A window that shares its L3 with the direct map, and one that crosses an L3. */
static void windows_elsewhere(void)
{
	static const uint64_t diffs[] = { 0xffff88bf00000000, 0xffffffffbfd00000 };

	CHECK_EQ(load_image(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(diffs); i++) {
		struct pvhv_build b = make_build(2048);
		struct pvhv_image moved = image;
		uint64_t leaves = 0, tables = 0;
		struct pvhv_entry e;

		moved.diff = diffs[i];
		b.image = &moved;
		fake_reset(2048);
		CHECK_EQ(pvhv_build(&b, &fake_mem, &e, &err), 0);
		CHECK_EQ(count_tree(e.root_gfn, 4, &leaves, &tables, start_info(&e)), 0);
		CHECK_EQ(tables, start_info(&e)->nr_pt);
		CHECK_EQ(walk(e.root_gfn, diffs[i] + GEN_TEXT_GPA), expect(0x200, WINDOW_FLAGS));
	}
}

/* A failing back end's error comes through, whichever call fails. */
static void back_end_fails(void)
{
	struct pvhv_build b = make_build(2048);
	struct pvhv_entry e;
	int calls;

	CHECK_EQ(load_image(), 0);
	fake_reset(2048);
	CHECK_EQ(pvhv_build(&b, &fake_mem, &e, &err), 0);
	calls = fake.writes;
	CHECK_EQ(calls, 6);
	for (int n = 1; n <= calls; n++) {
		fake_reset(2048);
		fake.fail_write_at = n;
		CHECK_EQ(pvhv_build(&b, &fake_mem, &e, &err), -EIO);
		CHECK(!strcmp(err.text, "the fake fails"));
		CHECK_EQ(fake.writes, n);
	}
}

static void frame_missing(void)
{
	struct pvhv_build b = make_build(2048);
	struct pvhv_entry e;

	CHECK_EQ(load_image(), 0);
	fake_reset(2048);
	fake.hole = 2048;
	CHECK_EQ(pvhv_build(&b, &fake_mem, &e, &err), -EIO);
	CHECK_SAYS(err.text, "2047");
	CHECK_EQ(fake.writes, 0);
}

static void clean_up(void)
{
	CHECK_EQ(load_image(), 0);
	pvhv_image_free(&image);
	fake_reset(1);
	free(fake.mem);
	fake.mem = NULL;
}

const struct tap_test tap_tests[] = {
	{ "page tables of 8 MiB: direct map, window, nothing else", tables_of_small_guest },
	{ "page tables of 300 MiB and a page", tables_of_odd_guest },
	{ "page tables of 1200 MiB", tables_of_large_guest },
	{ "segments, bss and initrd are where they belong", contents },
	{ "start_info says what the domain is", start_info_is_filled },
	{ "the plan's parts do not overlap", places_are_disjoint },
	{ "no initrd, no command line", without_initrd_and_cmdline },
	{ "too little memory is refused, with the least that works", too_little_memory },
	{ "a command line that is too long", cmdline_too_long },
	{ "kernels linked into the hypervisor's slots or the direct map", bad_windows },
	{ "a kernel at the very top of the address space", window_at_the_top },
	{ "a window beside the direct map; one across two tables", windows_elsewhere },
	{ "errors of the back end come through", back_end_fails },
	{ "a frame without memory", frame_missing },
	{ "all is freed", clean_up },
	{ NULL, NULL },
};
