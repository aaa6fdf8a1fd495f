// SPDX-License-Identifier: GPL-2.0
/* One domain's file: memory, devices, start, requests, and the words for its states. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "array.h"
#include "error.h"

int pvhv_domain_create(int ctl, const char *name, uint64_t nr_pages, uint64_t max_pages,
		       unsigned int nr_vcpus, struct pvhv_error *err)
{
	struct pvhv_dom_create arg = {
		.size = sizeof(arg),
		.nr_pages = nr_pages,
		.max_pages = max_pages,
		.nr_vcpus = nr_vcpus,
	};
	int dom;

	if (strlen(name) >= sizeof(arg.name))
		return error_set(err, -EINVAL, "the name '%s' is longer than %d characters",
				 name, PVHV_NAME_MAX - 1);
	strcpy(arg.name, name);

	dom = ioctl(ctl, PVHV_IOC_DOM_CREATE, &arg);
	if (dom >= 0)
		return dom;
	return error_kernel(err, -errno, arg.msg,
			    "cannot create guest '%s' with %llu MiB and %u vCPUs", name,
			    (unsigned long long)nr_pages >> 8, nr_vcpus);
}

int pvhv_domain_write(int dom, uint64_t gpa, const void *buf, size_t len,
		      struct pvhv_error *err)
{
	struct pvhv_dom_write arg = {
		.size = sizeof(arg),
		.gpa = gpa,
		.len = len,
		.buf = (uintptr_t)buf,
	};

	if (ioctl(dom, PVHV_DOM_WRITE, &arg) == 0)
		return 0;
	return error_kernel(err, -errno, NULL,
			    "cannot write %zu bytes at %#llx of the guest's memory", len,
			    (unsigned long long)gpa);
}

int pvhv_domain_p2m(int dom, uint64_t gfn, uint64_t count, uint64_t *mfns,
		    struct pvhv_error *err)
{
	struct pvhv_dom_p2m arg = {
		.size = sizeof(arg),
		.gfn = gfn,
		.count = count,
		.buf = (uintptr_t)mfns,
	};

	if (ioctl(dom, PVHV_DOM_P2M, &arg) == 0)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot read the guest's frame numbers");
}

int pvhv_domain_disk(int dom, int fd, unsigned int flags, const char *serial,
		     struct pvhv_error *err)
{
	struct pvhv_dom_disk arg = { .size = sizeof(arg), .fd = fd, .flags = flags };

	/* The field is full at 20 characters: no NUL needed then. */
	if (serial && strlen(serial) > sizeof(arg.serial))
		return error_set(err, -EINVAL, "the serial '%s' is longer than %zu characters",
				 serial, sizeof(arg.serial));
	if (serial)
		memcpy(arg.serial, serial, strlen(serial));

	if (ioctl(dom, PVHV_DOM_DISK, &arg) == 0)
		return arg.vdev;
	return error_kernel(err, -errno, arg.msg, "cannot attach the disk");
}

int pvhv_domain_rng(int dom, struct pvhv_error *err)
{
	if (ioctl(dom, PVHV_DOM_RNG) >= 0)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot attach the entropy device");
}

int pvhv_domain_start(int dom, const struct pvhv_entry *entry, uint64_t cores,
		      struct pvhv_error *err)
{
	struct pvhv_dom_start arg = {
		.size = sizeof(arg),
		.rip = entry->rip,
		.rsp = entry->rsp,
		.rsi = entry->rsi,
		.root_gfn = entry->root_gfn,
		.directmap_va = entry->directmap_va,
		.cores = cores,
	};

	if (ioctl(dom, PVHV_DOM_START, &arg) == 0)
		return 0;
	return error_kernel(err, -errno, arg.msg, "cannot start the guest");
}

int pvhv_domain_info(int dom, struct pvhv_dom_info *info, struct pvhv_error *err)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	if (ioctl(dom, PVHV_DOM_INFO, info) == 0)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot read the guest's state");
}

int pvhv_domain_request(int dom, int reboot, struct pvhv_error *err)
{
	if (ioctl(dom, PVHV_DOM_REQUEST, reboot ? 2UL : 1UL) == 0)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot ask the guest to %s",
			    reboot ? "reboot" : "power off");
}

int pvhv_domain_end(int dom, struct pvhv_error *err)
{
	if (ioctl(dom, PVHV_DOM_DESTROY) == 0)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot end the guest");
}

int pvhv_domain_audit(int dom, struct pvhv_dom_audit *audit, struct pvhv_error *err)
{
	memset(audit, 0, sizeof(*audit));
	audit->size = sizeof(*audit);
	if (ioctl(dom, PVHV_DOM_AUDIT, audit) == 0)
		return 0;
	return error_kernel(err, -errno, audit->msg, "cannot audit the guest's frames");
}

int pvhv_domain_winsize(int dom, unsigned int rows, unsigned int cols, struct pvhv_error *err)
{
	unsigned long arg = (rows & 0xffff) << 16 | (cols & 0xffff);

	if (ioctl(dom, PVHV_DOM_WINSIZE, arg) == 0)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot tell the guest the terminal's size");
}

static int mem_write(void *ctx, uint64_t gpa, const void *buf, size_t len,
		     struct pvhv_error *err)
{
	return pvhv_domain_write(*(int *)ctx, gpa, buf, len, err);
}

static int mem_p2m(void *ctx, uint64_t gfn, uint64_t count, uint64_t *mfns,
		   struct pvhv_error *err)
{
	return pvhv_domain_p2m(*(int *)ctx, gfn, count, mfns, err);
}

struct pvhv_mem pvhv_domain_mem(int *dom)
{
	return (struct pvhv_mem){ .write = mem_write, .p2m = mem_p2m, .ctx = dom };
}

static const char *word(const char *const *words, unsigned int n, unsigned int i)
{
	return i < n ? words[i] : "unknown";
}

const char *pvhv_state_name(unsigned int state)
{
	static const char *const words[] = { "building", "running", "paused", "ended" };

	return word(words, ARRAY_SIZE(words), state);
}

const char *pvhv_end_name(unsigned int reason)
{
	static const char *const words[] = {
		[PVHV_END_NONE] = "not ended",
		[PVHV_END_POWEROFF] = "powered off",
		[PVHV_END_REBOOT] = "reboot",
		[PVHV_END_PANIC] = "panic",
		[PVHV_END_HALT] = "halted",
		[PVHV_END_KILLED] = "killed",
		[PVHV_END_DESTROYED] = "destroyed",
		[PVHV_END_CORE_LOST] = "core lost",
	};

	return word(words, ARRAY_SIZE(words), reason);
}

const char *pvhv_cpu_state_name(unsigned int state)
{
	static const char *const words[] = {
		[PVHV_CPU_STARTING] = "starting",
		[PVHV_CPU_ALIVE] = "alive",
		[PVHV_CPU_PARKED] = "parked",
		[PVHV_CPU_PANIC] = "panic",
		[PVHV_CPU_LOST] = "lost",
	};

	return word(words, ARRAY_SIZE(words), state);
}
