// SPDX-License-Identifier: GPL-2.0
/* Generated kernels: a small ELF file with the PVHV note, and bzImages around it. */
#include <assert.h>
#include <elf.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <pvhv/start_info.h>

#include "elfgen.h"

#define NR_PHDRS	4
#define TEXT_OFFSET	0x1000
#define DATA_OFFSET	(TEXT_OFFSET + 0x4000)
#define PERCPU_OFFSET	(DATA_OFFSET + 0x2000)
#define NOTE_OFFSET	(PERCPU_OFFSET + 0x1000)
#define FILE_SIZE	(NOTE_OFFSET + GEN_NOTE_SIZE)

#define SETUP_SECTS	5
#define PAYLOAD_SKIP	0x40	/* code before the payload */

static void fill(unsigned char *p, unsigned char seed, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = gen_byte(seed, i);
}

static void load(Elf64_Phdr *ph, uint64_t offset, uint64_t vaddr, uint64_t paddr,
		 uint64_t filesz, uint64_t memsz)
{
	*ph = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_offset = offset,
		.p_vaddr = vaddr,
		.p_paddr = paddr,
		.p_filesz = filesz,
		.p_memsz = memsz,
		.p_align = 0x1000,
	};
}

static void make_note(unsigned char *p)
{
	Elf64_Nhdr nh = { .n_namesz = 5, .n_descsz = 16, .n_type = PVHV_ELFNOTE_ENTRY };
	uint64_t content[2] = { GEN_ENTRY, GEN_BASE };

	memcpy(p, &nh, sizeof(nh));
	memcpy(p + 12, "PVHV\0\0\0", 8);
	memcpy(p + 20, content, sizeof(content));
}

struct gen gen_elf(void)
{
	struct gen g = { .data = calloc(1, FILE_SIZE), .size = FILE_SIZE };
	Elf64_Ehdr *eh = (void *)g.data;
	Elf64_Phdr *ph = gen_phdr(&g, 0);

	assert(g.data);
	*eh = (Elf64_Ehdr){
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(*eh),
		.e_ehsize = sizeof(*eh),
		.e_phentsize = sizeof(*ph),
		.e_phnum = NR_PHDRS,
	};
	/* The physical addresses of the first two are wrong: the note's difference counts. */
	load(&ph[0], TEXT_OFFSET, GEN_BASE + GEN_TEXT_GPA, 0x77000, GEN_TEXT_SIZE,
	     GEN_TEXT_SIZE);
	load(&ph[1], DATA_OFFSET, GEN_BASE + GEN_DATA_GPA, 0x99000, GEN_DATA_SIZE, GEN_DATA_MEM);
	load(&ph[2], PERCPU_OFFSET, 0, GEN_PERCPU_GPA, GEN_PERCPU_SIZE, GEN_PERCPU_SIZE);
	ph[3] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = NOTE_OFFSET,
			      .p_filesz = GEN_NOTE_SIZE, .p_memsz = GEN_NOTE_SIZE, .p_align = 4 };
	fill(g.data + TEXT_OFFSET, GEN_TEXT_SEED, GEN_TEXT_SIZE);
	fill(g.data + DATA_OFFSET, GEN_DATA_SEED, GEN_DATA_SIZE);
	fill(g.data + PERCPU_OFFSET, GEN_PERCPU_SEED, GEN_PERCPU_SIZE);
	make_note(gen_note(&g));
	return g;
}

void *gen_phdr(struct gen *g, unsigned int i)
{
	return (Elf64_Phdr *)(g->data + sizeof(Elf64_Ehdr)) + i;
}

unsigned char *gen_note(struct gen *g)
{
	return g->data + NOTE_OFFSET;
}

static size_t pack_gzip(const struct gen *in, unsigned char *out, size_t room)
{
	z_stream s = { .next_in = in->data, .avail_in = in->size, .next_out = out,
		       .avail_out = room };

	assert(deflateInit2(&s, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	assert(deflate(&s, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&s);
	return s.total_out;
}

static size_t pack_xz(const struct gen *in, unsigned char *out, size_t room)
{
	size_t pos = 0;

	assert(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, in->data, in->size, out, &pos,
				       room) == LZMA_OK);
	return pos;
}

static size_t pack_zstd(const struct gen *in, unsigned char *out, size_t room)
{
	size_t n = ZSTD_compress(out, room, in->data, in->size, 19);

	assert(!ZSTD_isError(n));
	return n;
}

static void put32(unsigned char *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

struct gen gen_bzimage(const struct gen *payload, enum gen_method method)
{
	size_t start = (SETUP_SECTS + 1) * 512 + PAYLOAD_SKIP;
	size_t room = payload->size * 2 + 4096;
	struct gen g = { .data = calloc(1, start + room + 4) };
	size_t n = 0;

	assert(g.data);
	switch (method) {
	case GEN_GZIP:
		n = pack_gzip(payload, g.data + start, room);
		break;
	case GEN_XZ:
		n = pack_xz(payload, g.data + start, room);
		break;
	case GEN_ZSTD:
		n = pack_zstd(payload, g.data + start, room);
		break;
	}
	/* gzip ends with its size; the build appends it to the others */
	if (method != GEN_GZIP) {
		put32(g.data + start + n, payload->size);
		n += 4;
	}
	g.size = start + n;
	g.data[0x1f1] = SETUP_SECTS;
	g.data[0x1fe] = 0x55;
	g.data[0x1ff] = 0xaa;
	memcpy(g.data + 0x202, "HdrS", 4);
	g.data[0x206] = 0x0f;
	g.data[0x207] = 0x02;
	put32(g.data + 0x248, PAYLOAD_SKIP);
	put32(g.data + 0x24c, n);
	return g;
}

size_t gen_payload_start(const struct gen *bz)
{
	(void)bz;
	return (SETUP_SECTS + 1) * 512 + PAYLOAD_SKIP;
}

size_t gen_payload_length(const struct gen *bz)
{
	return bz->size - gen_payload_start(bz);
}

void gen_free(struct gen *g)
{
	free(g->data);
	g->data = NULL;
}

static char tmp_path[64];

const char *gen_file(const void *data, size_t size)
{
	ssize_t written;
	int fd;

	gen_file_remove();
	strcpy(tmp_path, "/tmp/pvhv-test-XXXXXX");
	fd = mkstemp(tmp_path);
	assert(fd >= 0);
	written = write(fd, data, size);
	assert(written == (ssize_t)size);
	close(fd);
	return tmp_path;
}

void gen_file_remove(void)
{
	if (tmp_path[0])
		unlink(tmp_path);
	tmp_path[0] = '\0';
}
