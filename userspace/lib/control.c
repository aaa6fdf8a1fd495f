// SPDX-License-Identifier: GPL-2.0
/* /dev/pvhv itself: opening it, cores, checks of the host, the list of domains. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "error.h"

static int open_failed(int code, struct pvhv_error *err)
{
	switch (code) {
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
		return error_set(err, -ENOENT,
				 "the pvhv module is not loaded (no " PVHV_DEVICE
				 "): load it with 'modprobe pvhv' or 'insmod pvhv.ko'");
	case -EACCES:
	case -EPERM:
		return error_set(err, -EACCES, "no permission for " PVHV_DEVICE
				 ": run as root, or join the group that owns it");
	default:
		return error_set(err, code, "cannot open " PVHV_DEVICE ": %s",
				 strerror(-code));
	}
}

int pvhv_open(struct pvhv_error *err)
{
	int ctl, version, code;

	ctl = open(PVHV_DEVICE, O_RDWR | O_CLOEXEC);
	if (ctl < 0)
		return open_failed(-errno, err);

	version = ioctl(ctl, PVHV_IOC_VERSION);
	if (version == PVHV_ABI_VERSION)
		return ctl;
	if (version < 0)
		code = error_kernel(err, -errno, NULL, PVHV_DEVICE " does not tell its version");
	else
		code = error_set(err, -EPROTO,
				 "the loaded module speaks ABI version %d, this tool %d: install them from one build",
				 version, PVHV_ABI_VERSION);
	close(ctl);
	return code;
}

static int cpu_request(int ctl, unsigned long request, const char *verb, uint64_t cpus,
		       unsigned int flags, struct pvhv_error *err)
{
	struct pvhv_cpu arg = { .size = sizeof(arg), .flags = flags, .cpus = cpus };

	if (!cpus)
		return error_set(err, -EINVAL, "there is no CPU to %s: name one", verb);
	arg.cpu = __builtin_ctzll(cpus);
	if (ioctl(ctl, request, &arg) == 0)
		return 0;
	if (cpus & (cpus - 1))
		return error_kernel(err, -errno, arg.msg, "cannot %s these CPUs", verb);
	return error_kernel(err, -errno, arg.msg, "cannot %s CPU %u", verb, arg.cpu);
}

int pvhv_cpus_take(int ctl, uint64_t cpus, unsigned int flags, struct pvhv_error *err)
{
	return cpu_request(ctl, PVHV_IOC_CPU_TAKE, "take", cpus, flags, err);
}

int pvhv_cpus_give(int ctl, uint64_t cpus, struct pvhv_error *err)
{
	return cpu_request(ctl, PVHV_IOC_CPU_GIVE, "give back", cpus, 0, err);
}

int pvhv_cpu_next(int ctl, unsigned int cpu, struct pvhv_cpu_info *info,
		  struct pvhv_error *err)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->cpu = cpu;
	if (ioctl(ctl, PVHV_IOC_CPU_INFO, info) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot list the taken cores");
}

int pvhv_check_next(int ctl, unsigned int index, struct pvhv_check *check,
		    struct pvhv_error *err)
{
	memset(check, 0, sizeof(*check));
	check->size = sizeof(*check);
	check->index = index;
	if (ioctl(ctl, PVHV_IOC_CHECK, check) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot check the host (check %u)", index);
}

int pvhv_domain_next(int ctl, unsigned int domid, struct pvhv_dom_info *info,
		     struct pvhv_error *err)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->domid = domid;
	if (ioctl(ctl, PVHV_IOC_DOM_INFO, info) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot list the guests");
}

/* The domain's number if who is one, else 0 (no domain has number 0). */
static unsigned int parse_domid(const char *who)
{
	unsigned long id;
	char *end;

	if (!isdigit((unsigned char)who[0]))
		return 0;
	errno = 0;
	id = strtoul(who, &end, 10);
	if (errno || *end || id > UINT32_MAX)
		return 0;
	return id;
}

int pvhv_domain_find(int ctl, const char *who, struct pvhv_dom_info *info,
		     struct pvhv_error *err)
{
	struct pvhv_dom_info by_number = { .domid = 0 };
	unsigned int id = parse_domid(who);
	unsigned int next = 0;
	int ret;

	/* A name wins over a number: a guest may be called "7". */
	while ((ret = pvhv_domain_next(ctl, next, info, err)) > 0) {
		if (strncmp(info->name, who, sizeof(info->name)) == 0)
			return 0;
		if (id && info->domid == id)
			by_number = *info;
		if (info->domid == UINT32_MAX)
			break;
		next = info->domid + 1;
	}
	if (ret < 0)
		return ret;
	if (!by_number.domid)
		return error_set(err, -ENOENT,
				 "no guest '%s': 'pvhv list' shows those that exist", who);
	*info = by_number;
	return 0;
}

int pvhv_domain_destroy(int ctl, unsigned int domid, struct pvhv_error *err)
{
	__u32 id = domid;

	if (ioctl(ctl, PVHV_IOC_DOM_DESTROY, &id) == 0)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot destroy guest %u", domid);
}

int pvhv_domain_console(int ctl, unsigned int domid, struct pvhv_error *err)
{
	__u32 id = domid;
	int fd;

	fd = ioctl(ctl, PVHV_IOC_DOM_CONSOLE, &id);
	if (fd >= 0)
		return fd;
	return error_kernel(err, -errno, NULL, "cannot open the console of guest %u", domid);
}
