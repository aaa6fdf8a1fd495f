/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/pvhv, control file: memory of running guests, and everybody's bill.  Numbers 0x50-0x5f.
 * Side: ABI (module and user space).  Conventions: see ioctl.h.
 *
 * All counters run from the domain's creation and are read without stopping
 * anybody: fields of one answer may be some microseconds apart.
 */
#ifndef PVHV_ABI_IOCTL_MEM_H
#define PVHV_ABI_IOCTL_MEM_H

#include <pvhv/hypercall.h>
#include <pvhv/ioctl.h>

/*
 * How much memory a running guest shall have.  CAP_SYS_ADMIN.  Up: the host donates what is missing
 * (scrubbed) and the guest may take it; down: the guest is asked, and what it gives back becomes the host's as
 * it comes.  Returns at once: mem_info tells how far it has got.  -ENOENT: no such domain; -ESRCH: it does not
 * run; -EINVAL: less than 1024 frames, or more than its maximum; -ENOMEM: the host would fall below its floor; -EBUSY:
 * the guest's memory is locked for long.  On failure nothing has changed.
 */
struct pvhv_mem_set {
	__u32	size;
	__u32	domid;
	__u64	target;		/* frames of 4 KiB */
	__u64	reserved[4];
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_IOC_MEM_SET	_IOWR('V', 0x50, struct pvhv_mem_set)

/* Memory of the first domain with id >= domid; -ENOENT: none.  All in frames but where it says so. */
struct pvhv_mem_info {
	__u32	size;
	__u32	domid;		/* in and out */
	__u64	nr_pages;	/* the guest's now */
	__u64	target;
	__u64	max_pages;
	__u64	pool;		/* donated, but not the guest's: to be taken by it, or on the way back to the host */
	__u64	hv_bytes;	/* the hypervisor's and host's own memory for it */
	/* the guest's own reports (shared_info.mem_*): believe them at the guest's cost only */
	__u64	guest_free, guest_available, guest_refaults, guest_reports;
	__u64	taken, given;	/* frames, ever: from the host, back to the host; without those of its start */
	__u64	reserved[4];
};
#define PVHV_IOC_MEM_INFO	_IOWR('V', 0x51, struct pvhv_mem_info)

/* The host's memory, in pages: guests get no more while available < floor. */
struct pvhv_mem_host {
	__u32	size;
	__u32	reserved0;
	__u64	total;
	__u64	available;
	__u64	floor;		/* module parameter host_reserve_mb */
	__u64	guests;		/* donated to all domains */
	__u64	reserved[4];
};
#define PVHV_IOC_MEM_HOST	_IOWR('V', 0x52, struct pvhv_mem_host)

/*
 * The bill of one vCPU.  -ENOENT: no such domain; -ERANGE: no such vCPU.  Its time since it came up is
 * run + ready + blocked.  Virtual time is run_ns; stolen (what the guest sees as steal) is ready_ns.
 */
struct pvhv_vcpu_info {
	__u32	size;
	__u32	domid;		/* in */
	__u32	vcpu;		/* in */
	__u32	state;		/* PVHV_VCPU_ST_* */
	__s32	cpu;		/* Linux number of its core; -1: none */
	__u32	nr_hc;		/* entries of hc that are filled */
	__u64	run_ns, ready_ns, blocked_ns;
	__u64	switches;	/* times that it came on a core */
	__u64	exits, hypercalls, faults, events;
	__u64	hc[32];		/* calls by number, PVHV_HC_* */
	__u64	reserved[8];
};
#define PVHV_VCPU_ST_DOWN	0
#define PVHV_VCPU_ST_READY	1
#define PVHV_VCPU_ST_RUNNING	2
#define PVHV_VCPU_ST_BLOCKED	3
#define PVHV_IOC_VCPU_INFO	_IOWR('V', 0x53, struct pvhv_vcpu_info)

/* The bill of one virtio device: the first with a number >= vdev.  -ENOENT: no such domain, or no further device. */
struct pvhv_vdev_info {
	__u32	size;
	__u32	domid;		/* in */
	__u32	vdev;		/* in and out */
	__u32	device_id;	/* virtio's: 1 network, 2 disk, 4 entropy */
	__u64	requests;	/* that ended: disk requests, packets */
	__u64	bytes_in;	/* to the guest */
	__u64	bytes_out;	/* from the guest */
	__u64	errors;		/* of the requests */
	__u64	reserved[4];
};
#define PVHV_IOC_VDEV_INFO	_IOWR('V', 0x54, struct pvhv_vdev_info)

#endif /* PVHV_ABI_IOCTL_MEM_H */
