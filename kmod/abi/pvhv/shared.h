/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The domain's shared pages at PVHV_SHARED_VA: time, console, virtio.
 * Side: ABI.  Written by guest and host; each copies once, then checks.
 */
#ifndef PVHV_ABI_SHARED_H
#define PVHV_ABI_SHARED_H

#include <pvhv/vcpu.h>

#define PVHV_SHARED_INFO_PAGE	0
#define PVHV_CONSOLE_PAGE	1
#define PVHV_VDEV_PAGE_FIRST	2
#define PVHV_MAX_VDEVS		30
#define PVHV_NR_SHARED_PAGES	(PVHV_VDEV_PAGE_FIRST + PVHV_MAX_VDEVS)

#ifndef __ASSEMBLY__

/*
 * Page 0.  Wall clock: at TSC value wc_tsc it was wc_sec.wc_nsec UTC.  The
 * host writes it under wc_version (odd while it changes).
 */
struct pvhv_shared_info {
	__u32	wc_version;
	__u32	wc_nsec;
	__u64	wc_sec;
	__u64	wc_tsc;
	__u64	tsc_khz;
	__u32	shutdown_request;	/* host: 1 = power off, 2 = reboot; with PVHV_PORT_POWER */
	__u32	pad0;
	__u64	balloon_target;		/* host: frames that the guest shall have; with PVHV_PORT_BALLOON */
	__u64	vcpus_wanted;		/* host: mask of vCPUs that shall be up, also at the start; 0 = all; with PVHV_PORT_CPU */
	/*
	 * Guest, about once a second while it runs, mem_stamp last: what the host's
	 * policy sees of its memory.  Only a hint, and never more than its own loss if it lies.
	 */
	__u64	mem_free;		/* frames */
	__u64	mem_available;		/* frames that could be had without swapping */
	__u64	mem_refaults;		/* frames read back after eviction, swap-ins among them, since boot */
	__u64	mem_stamp;		/* counts reports */
	/*
	 * Hypervisor, by atomic bit operations: vCPUs that were running when another one got their core, and
	 * wait for it.  To spin until such a one has left a lock is in vain.  Only in domains of several.
	 */
	__u64	vcpus_preempted;
	__u64	pad1[500];
};

/*
 * Page 1.  Two byte rings; indexes run freely, data at index % size.
 * prod is written by the producer after the data, cons by the consumer.
 * Whoever makes a ring non-empty (out: guest; in: host), or non-full when the other side may wait,
 * notifies through PVHV_PORT_CONSOLE.
 */
#define PVHV_CONSOLE_OUT_SIZE	2048
#define PVHV_CONSOLE_IN_SIZE	1024
struct pvhv_console_page {
	__u32	out_prod;	/* guest */
	__u32	out_cons;	/* host */
	__u32	in_prod;	/* host */
	__u32	in_cons;	/* guest */
	__u16	rows, cols;	/* host's terminal, 0 = unknown */
	__u32	pad[11];
	__u8	out[PVHV_CONSOLE_OUT_SIZE];
	__u8	in[PVHV_CONSOLE_IN_SIZE];
	__u8	pad1[960];
};

/*
 * Pages 2..: one virtio device each (virtio 1.x, split rings, VERSION_1).
 * Device registers are not trapped: the guest writes its request into ctrl,
 * increments seq, notifies PVHV_PORT_DEV_CTRL(d), and waits (YIELD, or the
 * event on the same port) until ack equals seq; result is 0 or -errno.
 * Fields marked H are written by the host only, G by the guest.
 * Rings hold guest-physical addresses (gfn * 4096 + offset).
 */
#define PVHV_VDEV_MAGIC		0x76646576	/* "vedv" */
#define PVHV_VDEV_MAX_QUEUES	7
#define PVHV_VDEV_CONFIG_SIZE	256

#define PVHV_VCTRL_STATUS	1	/* arg = new status byte; 0 resets.  The host takes guest_features at FEATURES_OK (-EINVAL: not offered) */
#define PVHV_VCTRL_QUEUE_ON	2	/* arg = queue; takes size and addresses of queue[arg].  -EINVAL: size or addresses */
#define PVHV_VCTRL_QUEUE_OFF	3	/* arg = queue; on return the host uses no buffer of it */
#define PVHV_VCTRL_CONFIG	4	/* the host looks at the config fields that a driver may write */

struct pvhv_vqueue {
	__u16	max_size;	/* H: 0 = no such queue */
	__u16	size;		/* G: power of two, <= max_size */
	__u32	enabled;	/* H */
	__u64	desc;		/* G */
	__u64	avail;		/* G */
	__u64	used;		/* G */
};

struct pvhv_vdev_page {
	__u32	magic;		/* H: 0 = no device here */
	__u32	device_id;	/* H: virtio device type, 0 = removed */
	__u32	vendor_id;	/* H */
	__u32	nr_queues;	/* H */
	__u64	host_features;	/* H */
	__u64	guest_features;	/* G */
	__u32	status;		/* H: as the host sees it; NEEDS_RESET when a ring is broken */
	__u32	config_gen;	/* H: changes with config */
	__u32	config_len;	/* H */
	__u32	pad0;
	struct {
		__u32	seq;	/* G, last */
		__u32	op;	/* G */
		__u32	arg;	/* G */
		__u32	ack;	/* H, last */
		__s32	result;	/* H */
		__u32	pad;
	} ctrl;
	__u64	pad1[5];
	struct pvhv_vqueue queue[PVHV_VDEV_MAX_QUEUES];
	__u8	config[PVHV_VDEV_CONFIG_SIZE];	/* little endian, as virtio defines it */
	__u8	pad2[3504];
};

#endif /* __ASSEMBLY__ */
#endif /* PVHV_ABI_SHARED_H */
