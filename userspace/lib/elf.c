// SPDX-License-Identifier: GPL-2.0
/*
 * Reads an ELF kernel with libelf: the PVHV note says entry and address
 * difference, the PT_LOAD headers say what goes where.  Nothing in the file
 * is trusted: every range is checked against its size.
 */
#include <errno.h>
#include <gelf.h>
#include <string.h>

#include "elf.h"
#include "error.h"

#define UPPER_HALF	(1ULL << 63)
#define GPA_LIMIT	(1ULL << 46)	/* more than any guest can have */

int elf_is(const void *file, size_t size)
{
	return size >= EI_NIDENT && !memcmp(file, ELFMAG, SELFMAG);
}

static int in_file(const struct pvhv_image *image, const GElf_Phdr *ph)
{
	return ph->p_offset <= image->elf_size &&
	       ph->p_filesz <= image->elf_size - ph->p_offset;
}

/* Looks through one PT_NOTE segment (libelf checks its bounds).  1: found, 0: not there. */
static int scan_notes(Elf *elf, const GElf_Phdr *ph, struct pvhv_image *image)
{
	Elf_Type type = ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
	Elf_Data *data = elf_getdata_rawchunk(elf, ph->p_offset, ph->p_filesz, type);
	size_t pos = 0, name, desc;
	uint64_t content[2];
	GElf_Nhdr note;

	while (data && (pos = gelf_getnote(data, pos, &note, &name, &desc)) > 0) {
		const char *bytes = data->d_buf;

		if (note.n_type != PVHV_ELFNOTE_ENTRY || note.n_namesz != sizeof("PVHV") ||
		    memcmp(bytes + name, "PVHV", sizeof("PVHV")))
			continue;
		if (note.n_descsz != sizeof(content))
			continue;
		memcpy(content, bytes + desc, sizeof(content));
		image->entry = content[0];
		image->diff = content[1];
		return 1;
	}
	return 0;
}

static int find_note(Elf *elf, size_t nr, struct pvhv_image *image, struct pvhv_error *err)
{
	GElf_Phdr ph;

	for (size_t i = 0; i < nr; i++) {
		if (!gelf_getphdr(elf, i, &ph) || ph.p_type != PT_NOTE)
			continue;
		if (scan_notes(elf, &ph, image))
			return 0;
	}
	return error_set(err, -ENOEXEC,
			 "the kernel has no PVHV note: it was not built for pvhv (a kernel with the pvhv patches and CONFIG_PVHV=y is needed)");
}

static int add_segment(struct pvhv_image *image, const GElf_Phdr *ph, struct pvhv_error *err)
{
	struct pvhv_segment *s = &image->segment[image->nr_segments];
	uint64_t gpa = ph->p_vaddr & UPPER_HALF ? ph->p_vaddr - image->diff : ph->p_paddr;

	if (!ph->p_memsz)
		return 0;
	if (image->nr_segments == PVHV_MAX_SEGMENTS)
		return error_set(err, -ENOEXEC, "the kernel has more than %d segments",
				 PVHV_MAX_SEGMENTS);
	if (!in_file(image, ph) || ph->p_filesz > ph->p_memsz)
		return error_set(err, -ENOEXEC,
				 "the kernel file is cut short: segment at %#llx reaches beyond its end",
				 (unsigned long long)ph->p_vaddr);
	if (gpa >= GPA_LIMIT || ph->p_memsz > GPA_LIMIT - gpa)
		return error_set(err, -ENOEXEC,
				 "the kernel's segment at %#llx would lie at guest address %#llx: its PVHV note and its addresses do not fit",
				 (unsigned long long)ph->p_vaddr, (unsigned long long)gpa);

	*s = (struct pvhv_segment){
		.gpa = gpa,
		.filesz = ph->p_filesz,
		.memsz = ph->p_memsz,
		.data = (const char *)image->elf + ph->p_offset,
	};
	if (!image->nr_segments || gpa < image->start)
		image->start = gpa;
	if (gpa + s->memsz > image->end)
		image->end = gpa + s->memsz;
	image->nr_segments++;
	return 0;
}

static int add_segments(Elf *elf, size_t nr, struct pvhv_image *image, struct pvhv_error *err)
{
	uint64_t entry_gpa;
	GElf_Phdr ph;
	int ret = 0;

	for (size_t i = 0; i < nr && !ret; i++)
		if (gelf_getphdr(elf, i, &ph) && ph.p_type == PT_LOAD)
			ret = add_segment(image, &ph, err);
	if (ret)
		return ret;
	if (!image->nr_segments)
		return error_set(err, -ENOEXEC, "the kernel has nothing to load");

	entry_gpa = image->entry - image->diff;
	if (entry_gpa < image->start || entry_gpa >= image->end)
		return error_set(err, -ENOEXEC,
				 "the entry %#llx of the kernel's PVHV note lies outside of the kernel",
				 (unsigned long long)image->entry);
	return 0;
}

static int parse_open(Elf *elf, struct pvhv_image *image, struct pvhv_error *err)
{
	GElf_Ehdr eh;
	size_t nr;
	int ret;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh) ||
	    gelf_getclass(elf) != ELFCLASS64 || eh.e_machine != EM_X86_64 ||
	    eh.e_ident[EI_DATA] != ELFDATA2LSB || elf_getphdrnum(elf, &nr))
		return error_set(err, -ENOEXEC, "the kernel is not an ELF file for x86-64");
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return error_set(err, -ENOEXEC,
				 "the ELF file is not linked: an object or a core, no kernel");

	ret = find_note(elf, nr, image, err);
	if (ret)
		return ret;
	return add_segments(elf, nr, image, err);
}

int elf_parse(struct pvhv_image *image, struct pvhv_error *err)
{
	Elf *elf;
	int ret;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return error_set(err, -ENOEXEC, "libelf is too old: %s", elf_errmsg(-1));
	/* libelf takes a writable pointer, and writes only when asked to. */
	elf = elf_memory((char *)image->elf, image->elf_size);
	if (!elf)
		return error_set(err, -ENOEXEC, "the kernel is no ELF file: %s",
				 elf_errmsg(-1));
	ret = parse_open(elf, image, err);
	elf_end(elf);
	return ret;
}
