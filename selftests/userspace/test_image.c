// SPDX-License-Identifier: GPL-2.0
/* The loader: good kernels of each kind, and each way in which one can be bad. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "elfgen.h"
#include "libpvhv.h"
#include "tap.h"

static struct pvhv_error err;

static int load(const struct gen *g, struct pvhv_image *image)
{
	memset(&err, 0, sizeof(err));
	return pvhv_image_load(gen_file(g->data, g->size), image, &err);
}

/* Loads what must be refused, and frees g. */
static int refused(struct gen *g)
{
	struct pvhv_image image;
	int ret = load(g, &image);

	gen_free(g);
	if (!ret)
		pvhv_image_free(&image);
	return ret;
}

static int segment_is(const struct pvhv_segment *s, uint64_t gpa, uint64_t filesz,
		      uint64_t memsz, unsigned char seed)
{
	const unsigned char *p = s->data;

	if (s->gpa != gpa || s->filesz != filesz || s->memsz != memsz)
		return 0;
	for (uint64_t i = 0; i < filesz; i++)
		if (p[i] != gen_byte(seed, i))
			return 0;
	return 1;
}

static void check_image(const struct pvhv_image *image)
{
	CHECK_EQ(image->entry, GEN_ENTRY);
	CHECK_EQ(image->diff, GEN_BASE);
	CHECK_EQ(image->start, GEN_TEXT_GPA);
	CHECK_EQ(image->end, GEN_PERCPU_GPA + GEN_PERCPU_SIZE);
	CHECK_EQ(image->nr_segments, 3);
	CHECK(segment_is(&image->segment[0], GEN_TEXT_GPA, GEN_TEXT_SIZE, GEN_TEXT_SIZE,
			 GEN_TEXT_SEED));
	CHECK(segment_is(&image->segment[1], GEN_DATA_GPA, GEN_DATA_SIZE, GEN_DATA_MEM,
			 GEN_DATA_SEED));
	CHECK(segment_is(&image->segment[2], GEN_PERCPU_GPA, GEN_PERCPU_SIZE, GEN_PERCPU_SIZE,
			 GEN_PERCPU_SEED));
}

static void elf_loads(void)
{
	struct gen g = gen_elf();
	struct pvhv_image image;
	int ret = load(&g, &image);

	gen_free(&g);
	CHECK_EQ(ret, 0);
	CHECK(!image.unpacked);
	check_image(&image);
	pvhv_image_free(&image);
}

static void bzimage_loads(enum gen_method method)
{
	struct gen elf = gen_elf();
	struct gen bz = gen_bzimage(&elf, method);
	struct pvhv_image image;
	int ret = load(&bz, &image);

	gen_free(&elf);
	gen_free(&bz);
	if (ret)
		printf("# %s\n", err.text);
	CHECK_EQ(ret, 0);
	CHECK(image.unpacked);
	check_image(&image);
	pvhv_image_free(&image);
}

static void gzip_loads(void)
{
	bzimage_loads(GEN_GZIP);
}

static void xz_loads(void)
{
	bzimage_loads(GEN_XZ);
}

static void zstd_loads(void)
{
	bzimage_loads(GEN_ZSTD);
}

static void no_file(void)
{
	struct pvhv_image image;

	CHECK_EQ(pvhv_image_load("/nonexistent/vmlinux", &image, &err), -ENOENT);
	CHECK_SAYS(err.text, "/nonexistent/vmlinux", "No such file");
	CHECK_EQ(pvhv_image_load("/dev/null", &image, &err), -EINVAL);
	CHECK_SAYS(err.text, "/dev/null", "not a regular file");
}

static void no_kernel(void)
{
	struct gen text = { .data = (void *)"#!/bin/sh\necho hello\n", .size = 21 };
	struct gen empty = { .data = (void *)"", .size = 0 };
	struct pvhv_image image;

	CHECK_EQ(load(&text, &image), -ENOEXEC);
	CHECK_SAYS(err.text, "no kernel", "ELF", "bzImage");
	CHECK_EQ(load(&empty, &image), -ENOEXEC);
	CHECK_SAYS(err.text, "no kernel");
}

static void elf_without_note(void)
{
	struct gen g = gen_elf();

	((Elf64_Phdr *)gen_phdr(&g, 3))->p_type = PT_NULL;
	CHECK_EQ(refused(&g), -ENOEXEC);
	CHECK_SAYS(err.text, "no PVHV note", "CONFIG_PVHV");
}

static void note_of_another_owner(void)
{
	struct gen g = gen_elf();

	gen_note(&g)[12] = 'X';
	CHECK_EQ(refused(&g), -ENOEXEC);
	CHECK_SAYS(err.text, "no PVHV note");
}

static void note_too_short(void)
{
	struct gen g = gen_elf();

	gen_note(&g)[4] = 8;
	CHECK_EQ(refused(&g), -ENOEXEC);
	CHECK_SAYS(err.text, "no PVHV note");
}

static void note_beyond_the_file(void)
{
	struct gen g = gen_elf();

	((Elf64_Phdr *)gen_phdr(&g, 3))->p_filesz = 1 << 20;
	CHECK_EQ(refused(&g), -ENOEXEC);
	CHECK_SAYS(err.text, "no PVHV note");
}

static void segment_beyond_the_file(void)
{
	struct gen g = gen_elf();
	Elf64_Phdr *ph = gen_phdr(&g, 1);

	ph->p_filesz = ph->p_memsz = 1 << 20;
	CHECK_EQ(refused(&g), -ENOEXEC);
	CHECK_SAYS(err.text, "cut short");

	g = gen_elf();
	ph = gen_phdr(&g, 1);
	ph->p_offset = UINT64_MAX - 0x800;
	CHECK_EQ(refused(&g), -ENOEXEC);
	CHECK_SAYS(err.text, "cut short");
}

static void file_larger_than_memory(void)
{
	struct gen g = gen_elf();

	((Elf64_Phdr *)gen_phdr(&g, 0))->p_memsz = 0x10;
	CHECK_EQ(refused(&g), -ENOEXEC);
}

static void segment_outside_of_memory(void)
{
	struct gen g = gen_elf();

	((Elf64_Phdr *)gen_phdr(&g, 0))->p_vaddr = GEN_BASE - 0x1000;
	CHECK_EQ(refused(&g), -ENOEXEC);
	CHECK_SAYS(err.text, "do not fit");

	g = gen_elf();
	((Elf64_Phdr *)gen_phdr(&g, 0))->p_memsz = UINT64_MAX - 0x1000;
	CHECK_EQ(refused(&g), -ENOEXEC);
}

static void entry_outside_of_the_kernel(void)
{
	struct gen g = gen_elf();
	uint64_t entry = GEN_BASE + 0x40000000;

	memcpy(gen_note(&g) + 20, &entry, sizeof(entry));
	CHECK_EQ(refused(&g), -ENOEXEC);
	CHECK_SAYS(err.text, "entry", "outside");
}

static void other_elf_files(void)
{
	struct gen g = gen_elf();

	((Elf64_Ehdr *)g.data)->e_machine = EM_AARCH64;
	CHECK_EQ(refused(&g), -ENOEXEC);
	CHECK_SAYS(err.text, "x86-64");

	g = gen_elf();
	((Elf64_Ehdr *)g.data)->e_type = ET_REL;
	CHECK_EQ(refused(&g), -ENOEXEC);
	CHECK_SAYS(err.text, "not linked");

	g = gen_elf();
	for (unsigned int i = 0; i < 3; i++)
		((Elf64_Phdr *)gen_phdr(&g, i))->p_type = PT_NULL;
	CHECK_EQ(refused(&g), -ENOEXEC);
	CHECK_SAYS(err.text, "nothing to load");
}

static struct gen make_bz(enum gen_method method)
{
	struct gen elf = gen_elf();
	struct gen bz = gen_bzimage(&elf, method);

	gen_free(&elf);
	return bz;
}

static void bzimage_cut_short(void)
{
	struct gen bz = make_bz(GEN_ZSTD);

	bz.size -= 100;
	CHECK_EQ(refused(&bz), -ENOEXEC);
	CHECK_SAYS(err.text, "cut short");
}

static void bzimage_too_old(void)
{
	struct gen bz = make_bz(GEN_GZIP);

	bz.data[0x206] = 7;
	CHECK_EQ(refused(&bz), -ENOEXEC);
	CHECK_SAYS(err.text, "2.07", "too old");
}

static void bzimage_other_methods(void)
{
	static const struct {
		unsigned char magic[4];
		const char *name;
	} methods[] = {
		{ { 0x02, 0x21, 0x4c, 0x18 }, "lz4" },
		{ { 'B', 'Z', 'h', '9' }, "bzip2" },
		{ { 0, 1, 2, 3 }, "unknown method" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		struct gen bz = make_bz(GEN_GZIP);

		memcpy(bz.data + gen_payload_start(&bz), methods[i].magic, 4);
		CHECK_EQ(refused(&bz), -ENOEXEC);
		CHECK_SAYS(err.text, methods[i].name, "gzip, xz and zstd");
	}
}

/* The announced size is wrong by one in either direction, none, or absurd. */
static void bzimage_wrong_size(void)
{
	for (int m = GEN_GZIP; m <= GEN_ZSTD; m++) {
		for (int delta = -1; delta <= 1; delta += 2) {
			struct gen bz = make_bz(m);
			uint32_t size;

			memcpy(&size, bz.data + bz.size - 4, 4);
			size += delta;
			memcpy(bz.data + bz.size - 4, &size, 4);
			CHECK_EQ(refused(&bz), -ENOEXEC);
			CHECK_SAYS(err.text, "cannot be unpacked");
		}
	}
	for (int i = 0; i < 2; i++) {
		struct gen bz = make_bz(GEN_XZ);

		memset(bz.data + bz.size - 4, i ? 0xff : 0, 4);
		CHECK_EQ(refused(&bz), -ENOEXEC);
		CHECK_SAYS(err.text, "damaged");
	}
}

static void bzimage_damaged(void)
{
	for (int m = GEN_GZIP; m <= GEN_ZSTD; m++) {
		struct gen bz = make_bz(m);

		memset(bz.data + gen_payload_start(&bz) + gen_payload_length(&bz) / 2, 0x5a, 64);
		CHECK_EQ(refused(&bz), -ENOEXEC);
		CHECK_SAYS(err.text, "cannot be unpacked");
	}
}

static void bzimage_without_kernel(void)
{
	struct gen text = { .data = (void *)"no ELF file at all", .size = 18 };
	struct gen bz = gen_bzimage(&text, GEN_GZIP);

	CHECK_EQ(refused(&bz), -ENOEXEC);
}

/* A loaded image must lie within its file, whatever the headers said. */
static int image_sound(const struct pvhv_image *image)
{
	const unsigned char *elf = image->elf;

	for (unsigned int i = 0; i < image->nr_segments; i++) {
		const struct pvhv_segment *s = &image->segment[i];
		const unsigned char *p = s->data;

		if (p < elf || s->filesz > image->elf_size ||
		    (size_t)(p - elf) > image->elf_size - s->filesz || s->filesz > s->memsz ||
		    s->gpa < image->start || s->gpa + s->memsz > image->end)
			return 0;
	}
	return 1;
}

/* Headers with random bytes: any answer but a crash or an unsound image. */
static void random_headers(void)
{
	srandom(1);
	for (int round = 0; round < 3000; round++) {
		struct gen g = round & 1 ? gen_elf() : make_bz(GEN_GZIP);
		size_t header = round & 1 ? 64 + 4 * 56 : 0x250;
		struct pvhv_image image;

		for (int n = 1 + random() % 4; n; n--)
			g.data[random() % header] = random();
		if (round & 1 && random() % 4 == 0)
			gen_note(&g)[random() % GEN_NOTE_SIZE] = random();
		if (!load(&g, &image)) {
			CHECK(image_sound(&image));
			pvhv_image_free(&image);
		} else {
			CHECK(err.text[0]);
		}
		gen_free(&g);
	}
	gen_file_remove();
}

const struct tap_test tap_tests[] = {
	{ "an ELF kernel loads; per-CPU template by its physical address", elf_loads },
	{ "a gzip bzImage loads", gzip_loads },
	{ "an xz bzImage loads", xz_loads },
	{ "a zstd bzImage loads", zstd_loads },
	{ "missing file, no regular file", no_file },
	{ "a file that is no kernel", no_kernel },
	{ "an ELF file without note", elf_without_note },
	{ "a note of another owner", note_of_another_owner },
	{ "a note that is too short", note_too_short },
	{ "notes that reach beyond the file", note_beyond_the_file },
	{ "a segment that reaches beyond the file", segment_beyond_the_file },
	{ "a segment larger in the file than in memory", file_larger_than_memory },
	{ "a segment below the note's base, or endless", segment_outside_of_memory },
	{ "an entry outside of the kernel", entry_outside_of_the_kernel },
	{ "another machine's ELF file, an object, nothing to load", other_elf_files },
	{ "a bzImage that is cut short", bzimage_cut_short },
	{ "a bzImage of an old boot protocol", bzimage_too_old },
	{ "a bzImage packed with another method", bzimage_other_methods },
	{ "a bzImage that announces the wrong size", bzimage_wrong_size },
	{ "a bzImage with damaged data", bzimage_damaged },
	{ "a bzImage with something else inside", bzimage_without_kernel },
	{ "3000 kernels with random headers", random_headers },
	{ NULL, NULL },
};
