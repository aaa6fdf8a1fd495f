// SPDX-License-Identifier: GPL-2.0
/* Maps kernels and initrds: large files that go into the guest as they are. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "file.h"

static int map_open_file(int fd, const char *path, const char *what, struct file *file,
			 struct pvhv_error *err)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0)
		return error_set(err, -errno, "cannot read the %s %s: %s", what, path,
				 strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "the %s %s is not a regular file", what, path);

	file->data = NULL;
	file->size = st.st_size;
	if (!file->size)
		return 0;
	p = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return error_set(err, -errno, "cannot map the %s %s: %s", what, path,
				 strerror(errno));
	file->data = p;
	return 0;
}

int file_map(const char *path, const char *what, struct file *file, struct pvhv_error *err)
{
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, -errno, "cannot open the %s %s: %s", what, path,
				 strerror(errno));
	ret = map_open_file(fd, path, what, file, err);
	close(fd);
	return ret;
}

void file_unmap(struct file *file)
{
	if (file->data)
		munmap((void *)file->data, file->size);
	file->data = NULL;
}
