/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of domains share, beside core.h: creation, information, the host's free memory.
 */
#ifndef SELFTESTS_DOM_H
#define SELFTESTS_DOM_H

#include "core.h"

#define DOM_PAGES	4096	/* 16 MiB */

static inline void dom_create_fill(struct pvhv_dom_create *a, const char *name)
{
	memset(a, 0, sizeof(*a));
	a->size = sizeof(*a);
	a->nr_pages = DOM_PAGES;
	a->nr_vcpus = 1;
	/* without a NUL if it is as long as the field */
	memcpy(a->name, name, strnlen(name, sizeof(a->name)));
}

/* The domain's descriptor, or -errno. */
static inline int dom_create(int fd, const char *name)
{
	struct pvhv_dom_create a;

	dom_create_fill(&a, name);
	return device_ioctl(fd, PVHV_IOC_DOM_CREATE, &a);
}

/* The first domain with an id from id on. */
static inline int dom_info_from(int fd, unsigned int id, struct pvhv_dom_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->domid = id;
	return device_ioctl(fd, PVHV_IOC_DOM_INFO, info);
}

/* Of the domain's own file. */
static inline int dom_info(int dom, struct pvhv_dom_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return device_ioctl(dom, PVHV_DOM_INFO, info);
}

static inline int dom_count(int fd)
{
	struct pvhv_dom_info info = { .domid = 0 };
	int n = 0;

	while (!dom_info_from(fd, n ? info.domid + 1 : 0, &info))
		n++;
	return n;
}

/* A field of /proc/meminfo in KiB, with the page cache dropped; -1: no such field. */
static inline long host_memory_kib(const char *field)
{
	char line[128];
	long kib = -1;
	FILE *f;

	f = fopen("/proc/sys/vm/drop_caches", "w");
	if (f) {
		fputs("3\n", f);
		fclose(f);
	}
	f = fopen("/proc/meminfo", "r");
	while (f && kib < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)) && line[strlen(field)] == ':')
			kib = atol(line + strlen(field) + 1);
	if (f)
		fclose(f);
	return kib;
}

#endif /* SELFTESTS_DOM_H */
