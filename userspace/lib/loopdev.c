// SPDX-License-Identifier: GPL-2.0
/*
 * Loop devices of this host: what one of them may write is not a guest's to write.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "loopdev.h"

static int is_behind(const char *name, const struct stat *st, int readonly)
{
	char path[sizeof("/dev/") + NAME_MAX];
	struct loop_info64 info;
	int fd, ret;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return 0;
	ret = ioctl(fd, LOOP_GET_STATUS64, &info);
	close(fd);
	if (ret || (readonly && (info.lo_flags & LO_FLAGS_READ_ONLY)))
		return 0;
	return info.lo_device == st->st_dev && info.lo_inode == st->st_ino;
}

int loopdev_find(const struct stat *st, int readonly, char name[LOOPDEV_NAME])
{
	DIR *dir = opendir("/sys/block");
	struct dirent *e;
	int found = 0;

	if (!dir)
		return 0;
	while (!found && (e = readdir(dir))) {
		if (strncmp(e->d_name, "loop", 4) != 0 || !is_behind(e->d_name, st, readonly))
			continue;
		snprintf(name, LOOPDEV_NAME, "%s", e->d_name);
		found = 1;
	}
	closedir(dir);
	return found;
}
