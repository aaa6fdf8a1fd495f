// SPDX-License-Identifier: GPL-2.0
/* Loads a kernel file of either kind: ELF as it is, bzImage unpacked first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bzimage.h"
#include "elf.h"
#include "error.h"
#include "file.h"

/* Makes image->elf; the mapped file is kept only if it is the ELF itself. */
static int load_elf(struct file *file, struct pvhv_image *image, struct pvhv_error *err)
{
	void *elf;
	int ret;

	if (file->data && elf_is(file->data, file->size)) {
		image->elf = file->data;
		image->elf_size = file->size;
		return 0;
	}
	if (!file->data || !bzimage_is(file->data, file->size))
		return error_set(err, -ENOEXEC,
				 "it is no kernel: neither an ELF file nor a bzImage");

	ret = bzimage_unpack(file->data, file->size, &elf, &image->elf_size, err);
	if (ret)
		return ret;
	image->elf = elf;
	image->unpacked = 1;
	file_unmap(file);
	return 0;
}

/* Puts the file's name before a sentence that does not know it. */
static int name_file(const char *path, int code, struct pvhv_error *err)
{
	struct pvhv_error inner;

	if (!err)
		return code;
	inner = *err;
	/* A path may be longer than the message can be: the end of it tells more. */
	if (strlen(path) > 200)
		path += strlen(path) - 200;
	return error_set(err, code, "kernel %s: %.400s", path, inner.text);
}

int pvhv_image_load(const char *path, struct pvhv_image *image, struct pvhv_error *err)
{
	struct file file;
	int ret;

	memset(image, 0, sizeof(*image));
	ret = file_map(path, "kernel", &file, err);
	if (ret)
		return ret;

	ret = load_elf(&file, image, err);
	if (ret) {
		file_unmap(&file);
		return name_file(path, ret, err);
	}
	ret = elf_parse(image, err);
	if (ret) {
		pvhv_image_free(image);
		return name_file(path, ret, err);
	}
	return 0;
}

void pvhv_image_free(struct pvhv_image *image)
{
	struct file file = { .data = image->elf, .size = image->elf_size };

	if (image->unpacked)
		free((void *)image->elf);
	else
		file_unmap(&file);
	memset(image, 0, sizeof(*image));
}
