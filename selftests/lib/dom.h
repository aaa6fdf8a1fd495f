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

static inline long file_sum(const char *path, const char *field)
{
	char line[256];
	long sum = 0;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		char *l = line + strspn(line, " ");
		size_t n = strlen(field);

		if (!strncmp(l, field, n) && l[n] == ':')
			sum += atol(l + n + 1);
	}
	if (f)
		fclose(f);
	return sum;
}

/*
 * Memory in use by the kernel itself, in KiB: neither free (with the pages
 * that wait in lists of each CPU), nor a process's, nor a cache.
 */
static inline long host_kernel_kib(void)
{
	static const char * const others[] = {
		"MemFree", "Buffers", "Cached", "AnonPages", "SReclaimable", "PageTables",
		"KernelStack",
	};
	const char *meminfo = "/proc/meminfo";
	size_t i;
	long kib;
	FILE *f;

	f = fopen("/proc/sys/vm/drop_caches", "w");
	if (f) {
		fputs("3\n", f);
		fclose(f);
	}
	/* pages that are freed later (RCU, work items) */
	usleep(300000);
	kib = file_sum(meminfo, "MemTotal") - 4 * file_sum("/proc/zoneinfo", "count");
	for (i = 0; i < ARRAY_SIZE(others); i++)
		kib -= file_sum(meminfo, others[i]);
	return kib;
}

/*
 * Is that more than chance? The debug host's own records (kmemleak's, KASAN's of what was freed) grow with each
 * allocation: there kmemleak says behind each test what was left (rig/in-host/run-tests).
 */
static inline bool host_kernel_grew(long kib, long limit_kib)
{
	return kib >= limit_kib && access("/sys/kernel/debug/kmemleak", F_OK);
}

#endif /* SELFTESTS_DOM_H */
