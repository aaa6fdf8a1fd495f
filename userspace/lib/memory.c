// SPDX-License-Identifier: GPL-2.0
/* The control file's calls on memory of running guests, and on everybody's bill. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "error.h"

#define PAGE	4096ULL

int pvhv_mem_set(int ctl, unsigned int domid, uint64_t bytes, struct pvhv_error *err)
{
	struct pvhv_mem_set arg = { .size = sizeof(arg), .domid = domid, .target = bytes / PAGE };

	if (bytes % PAGE)
		return error_set(err, -EINVAL, "%llu bytes are no multiple of 4 KiB",
				 (unsigned long long)bytes);
	if (ioctl(ctl, PVHV_IOC_MEM_SET, &arg) == 0)
		return 0;
	return error_kernel(err, -errno, arg.msg, "cannot set the memory of guest %u to %llu KiB",
			    domid, (unsigned long long)bytes >> 10);
}

int pvhv_mem_next(int ctl, unsigned int domid, struct pvhv_mem_info *info,
		  struct pvhv_error *err)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->domid = domid;
	if (ioctl(ctl, PVHV_IOC_MEM_INFO, info) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot read the memory of guest %u", domid);
}

int pvhv_mem_host(int ctl, struct pvhv_mem_host *host, struct pvhv_error *err)
{
	memset(host, 0, sizeof(*host));
	host->size = sizeof(*host);
	if (ioctl(ctl, PVHV_IOC_MEM_HOST, host) == 0)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot read the host's memory");
}

int pvhv_vcpu_info(int ctl, unsigned int domid, unsigned int vcpu, struct pvhv_vcpu_info *info,
		   struct pvhv_error *err)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->domid = domid;
	info->vcpu = vcpu;
	if (ioctl(ctl, PVHV_IOC_VCPU_INFO, info) == 0)
		return 1;
	if (errno == ENOENT || errno == ERANGE)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot read vCPU %u of guest %u", vcpu, domid);
}

int pvhv_vdev_next(int ctl, unsigned int domid, unsigned int vdev, struct pvhv_vdev_info *info,
		   struct pvhv_error *err)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->domid = domid;
	info->vdev = vdev;
	if (ioctl(ctl, PVHV_IOC_VDEV_INFO, info) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return error_kernel(err, -errno, NULL, "cannot read the devices of guest %u", domid);
}
