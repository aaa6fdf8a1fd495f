/* SPDX-License-Identifier: GPL-2.0 */
/* Makes ELF kernels and bzImages in memory, right or wrong in one chosen point. */
#ifndef PVHV_ELFGEN_H
#define PVHV_ELFGEN_H

#include <stddef.h>
#include <stdint.h>

#define GEN_BASE	0xffffffff80000000ULL
#define GEN_TEXT_GPA	0x200000ULL
#define GEN_TEXT_SIZE	0x3210ULL
#define GEN_DATA_GPA	0x204000ULL
#define GEN_DATA_SIZE	0x1234ULL
#define GEN_DATA_MEM	0x5678ULL	/* with bss */
#define GEN_PERCPU_GPA	0x20b000ULL	/* p_vaddr 0, as Linux has it */
#define GEN_PERCPU_SIZE	0x800ULL
#define GEN_ENTRY	(GEN_BASE + GEN_TEXT_GPA + 0x100)

struct gen {
	unsigned char *data;
	size_t size;
};

/* Byte i of the segment whose first byte is 'seed'. */
static inline unsigned char gen_byte(unsigned char seed, uint64_t i)
{
	return seed + i * 7 + (i >> 8);
}

#define GEN_TEXT_SEED	0x11
#define GEN_DATA_SEED	0x22
#define GEN_PERCPU_SEED	0x33

/* Three PT_LOAD segments and a PT_NOTE with the PVHV note. */
struct gen gen_elf(void);
/* Program header i (0-2 PT_LOAD, 3 PT_NOTE) and the note, for changes. */
void *gen_phdr(struct gen *g, unsigned int i);
unsigned char *gen_note(struct gen *g);
#define GEN_NOTE_SIZE	(12 + 8 + 16)

enum gen_method { GEN_GZIP, GEN_XZ, GEN_ZSTD };
/* A boot sector, setup code and the packed payload, as the kernel's build makes it. */
struct gen gen_bzimage(const struct gen *payload, enum gen_method method);
/* Where its payload lies and how long it is. */
size_t gen_payload_start(const struct gen *bz);
size_t gen_payload_length(const struct gen *bz);

void gen_free(struct gen *g);
/* Writes it to a new temporary file; the path lives until the next call. */
const char *gen_file(const void *data, size_t size);
void gen_file_remove(void);

#endif
