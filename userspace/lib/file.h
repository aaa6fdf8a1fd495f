/* SPDX-License-Identifier: GPL-2.0 */
/* A regular file, mapped read-only. */
#ifndef PVHV_LIB_FILE_H
#define PVHV_LIB_FILE_H

#include "libpvhv.h"

struct file {
	const void *data;	/* NULL when the file is empty */
	size_t size;
};

/* 'what' names the file's role in messages: "kernel", "initrd". */
int file_map(const char *path, const char *what, struct file *file, struct pvhv_error *err);
void file_unmap(struct file *file);

#endif
