/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/pvhv: scheduling of guests that run; on the control file.
 * Side: ABI (module and user space).  The rules of ioctl.h hold.
 *
 * All need CAP_SYS_ADMIN, but for GET.  -ENOENT: no such domain; -ESRCH: it has ended, or was not started.
 */
#ifndef PVHV_ABI_IOCTL_SCHED_H
#define PVHV_ABI_IOCTL_SCHED_H

#include <pvhv/ioctl.h>

/*
 * GET fills all from set on. SET changes what set names, at once or not at all, at any time in the domain's life.
 * -EINVAL: weight 0 or > 65535, cap > 100 per vCPU, times > 10 s, unknown flags (msg says which).
 */
struct pvhv_sched {
	__u32	size;
	__u32	domid;
	__u32	set;		/* SET: PVHV_SCHED_SET_* */
	__u32	weight;		/* of each vCPU, against those of other domains; 256 at the start */
	__u32	cap;		/* per cent of a core for all vCPUs together, whichever of them run; 0 = none */
	__u32	warp;		/* 1: its vCPUs run before their turn (BVT) */
	__u32	warp_us;	/* by so much virtual time */
	__u32	warp_limit_us;	/* for so long at once; 0 = no limit */
	__u32	unwarp_us;	/* then not for so long */
	__u32	policy;		/* out: of this host, 0 = bvt, 1 = rr */
	__u32	reserved[6];
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_SCHED_SET_WEIGHT	1
#define PVHV_SCHED_SET_CAP	2
#define PVHV_SCHED_SET_WARP	4	/* warp, warp_us, warp_limit_us, unwarp_us */
#define PVHV_IOC_SCHED_GET	_IOWR('V', 0x40, struct pvhv_sched)
#define PVHV_IOC_SCHED_SET	_IOWR('V', 0x41, struct pvhv_sched)

/*
 * (domid) Takes all vCPUs off the cores until UNPAUSE; state becomes PVHV_DOM_ST_PAUSED. Its real time goes on.
 * -EBUSY: it is paused already, or (UNPAUSE) is not; UNPAUSE, -ENODEV: no core is taken.
 */
#define PVHV_IOC_PAUSE		_IOW('V', 0x42, __u32)
#define PVHV_IOC_UNPAUSE	_IOW('V', 0x43, __u32)

/*
 * Where a vCPU may run. -EINVAL: no such vCPU; -ENODEV: none of these cores is taken (msg).
 * A vCPU that runs elsewhere goes there at the end of its turn, at the latest after 0.25 s.
 */
struct pvhv_pin {
	__u32	size;
	__u32	domid;
	__u32	vcpu;		/* ~0 = all */
	__u32	reserved;
	__u64	cores;		/* mask of Linux CPU numbers; 0 = any */
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_IOC_PIN		_IOWR('V', 0x44, struct pvhv_pin)

/*
 * Asks the guest to have so many vCPUs up (0 .. nr - 1), by shared_info.vcpus_wanted and PVHV_PORT_CPU.
 * -EINVAL: 0, or more than it was made with (msg).  The guest may not follow.
 */
struct pvhv_vcpu_set {
	__u32	size;
	__u32	domid;
	__u32	nr;
	__u32	reserved;
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_IOC_VCPU_SET	_IOWR('V', 0x45, struct pvhv_vcpu_set)

/* One vCPU: where it is and what it did. In: domid, vcpu. -EINVAL: no such vCPU.  Anybody may ask. */
struct pvhv_vcpu_state {
	__u32	size;
	__u32	domid;
	__u32	vcpu;
	__u32	state;		/* 0 down, 1 ready, 2 running, 3 blocked */
	__s32	cpu;		/* Linux number of its core; -1: none */
	__u32	reserved;
	__u64	cores;		/* as pinned */
	__u64	run_ns, ready_ns, blocked_ns;
	__u64	switches, migrations, hypercalls;
	__u64	reserved2[4];
};
#define PVHV_IOC_VCPU_STATE	_IOWR('V', 0x46, struct pvhv_vcpu_state)

#endif /* PVHV_ABI_IOCTL_SCHED_H */
