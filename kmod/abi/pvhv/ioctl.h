/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/pvhv: ioctls for the host's user space.
 * Side: ABI (module and user space).
 *
 * Every argument struct starts with its size in bytes.  A larger struct than
 * the module knows is accepted if the rest is zero (-E2BIG otherwise), a
 * smaller one is completed with zeros.  Reserved fields must be zero, unknown
 * flags are refused: -EINVAL.  Unknown numbers: -ENOTTY.
 *
 * On failure, where 'err' fields exist (struct pvhv_err), the kernel adds a
 * sentence that names the cause and the remedy.
 *
 * The control file (open of /dev/pvhv) serves PVHV_IOC_*; a domain is a file
 * of its own, made by PVHV_IOC_DOM_CREATE: PVHV_DOM_*, read(2) and write(2) =
 * console, poll(2): POLLIN output waits, POLLOUT there is room for
 * input, POLLHUP the domain has ended (output may still wait: read until 0).  With O_NONBLOCK
 * read and write fail with -EAGAIN instead of waiting.  It is for the process that made the domain: -EIO from
 * any other address space.  Its last close destroys the domain.
 */
#ifndef PVHV_ABI_IOCTL_H
#define PVHV_ABI_IOCTL_H

#include <linux/types.h>
#include <linux/ioctl.h>

#define PVHV_NAME_MAX		32
#define PVHV_MSG_MAX		160

/* (none) -> PVHV_ABI_VERSION */
#define PVHV_IOC_VERSION	_IO('V', 0x00)

/*
 * Take or give cores: all that one call names, or none.  CAP_SYS_ADMIN.  A physical core is taken and given as a whole, with
 * its threads (SMT) in one call: those that are off line then stay so while it is taken. PVHV_CPU_SPLIT_SMT,
 * at the take, allows the host to run other threads of these CPUs' cores.
 * -EINVAL: boot core, no such CPU, unknown flags; -EBUSY: taken already, last
 * host core, the host goes down, or (give) a guest's vCPUs have no other core; -EXDEV: a thread of the
 * core would stay with the host, or (give) taken; -EOPNOTSUPP: this host or CPU cannot;
 * -ENOENT: (give) not taken; -ETIMEDOUT: the core did not start (it is back with the host).  msg says which.
 */
struct pvhv_cpu {
	__u32	size;
	__u32	cpu;		/* Linux CPU number */
	__u32	flags;
	__u32	reserved;
	char	msg[PVHV_MSG_MAX];	/* out */
	__u64	cpus;		/* more CPUs, a bit each */
};
#define PVHV_CPU_SPLIT_SMT	1
#define PVHV_IOC_CPU_TAKE	_IOWR('V', 0x01, struct pvhv_cpu)
#define PVHV_IOC_CPU_GIVE	_IOWR('V', 0x02, struct pvhv_cpu)

/* State of one taken core.  In: cpu = the first number to look at; out: the first taken core from there on; -ENOENT: none. */
struct pvhv_cpu_info {
	__u32	size;
	__u32	cpu;
	__u32	state;		/* PVHV_CPU_* */
	__u32	apicid;
	__u64	heartbeat;
	__u64	exits;		/* entries into the hypervisor from a guest */
	__u64	cr3_writes;
	__u64	run_ns, idle_ns, hv_ns;	/* where the core's time went */
	__u32	nr_vcpus;
	__u32	reserved[9];
};
#define PVHV_CPU_STARTING	0
#define PVHV_CPU_ALIVE		1
#define PVHV_CPU_PARKED		2
#define PVHV_CPU_PANIC		3
#define PVHV_CPU_LOST		4	/* no heartbeat */
#define PVHV_IOC_CPU_INFO	_IOWR('V', 0x03, struct pvhv_cpu_info)

/* Can this host?  One check per call: index = 0, 1, ...; -ENOENT past the end. */
struct pvhv_check {
	__u32	size;
	__u32	index;
	__u32	ok;		/* out: 1 yes, 0 no, 2 warning */
	__u32	reserved;
	char	name[PVHV_NAME_MAX];	/* out */
	char	msg[PVHV_MSG_MAX];	/* out: what was found; if not ok, the remedy */
};
#define PVHV_IOC_CHECK		_IOWR('V', 0x04, struct pvhv_check)

/*
 * Makes a domain; returns its file descriptor.  CAP_SYS_ADMIN.  Memory is donated
 * by the host now (scrubbed).  -ENOMEM: not enough above the host's floor; -EINVAL:
 * name empty, not printable or taken, nr_vcpus 0 or > PVHV_MAX_VCPUS, nr_pages < 1024 or > max_pages.
 */
#define PVHV_MAX_VCPUS		16
struct pvhv_dom_create {
	__u32	size;
	__u32	flags;		/* 0 */
	char	name[PVHV_NAME_MAX];
	__u64	nr_pages;	/* 4 KiB frames at the start */
	__u64	max_pages;	/* 0 = nr_pages */
	__u32	nr_vcpus;
	__u32	domid;		/* out */
	__u64	reserved[4];
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_IOC_DOM_CREATE	_IOWR('V', 0x05, struct pvhv_dom_create)

struct pvhv_dom_info {
	__u32	size;
	__u32	domid;		/* in, on the control file: the first id to look at */
	__u32	state;		/* PVHV_DOM_ST_* */
	__u32	reason;		/* PVHV_END_*, when ended */
	__s32	pid;		/* process that holds it */
	__u32	nr_vcpus;
	__u64	nr_pages, max_pages;
	__u64	hv_bytes;	/* the hypervisor's and host's own memory for it */
	char	name[PVHV_NAME_MAX];
	char	msg[PVHV_MSG_MAX];	/* why it ended, in words */
	/* sums over its vCPUs */
	__u64	run_ns, ready_ns, blocked_ns;
	__u64	switches, exits, hypercalls, faults, events;
	/* what its start_info has to say, see start_info.h; known from creation on */
	__u64	tsc_khz, xcr0;
	__u32	features;	/* PVHV_FEAT_* */
	__u32	nr_vdevs;	/* devices attached so far */
	__u64	reserved[5];
};
#define PVHV_DOM_ST_BUILDING	0
#define PVHV_DOM_ST_RUNNING	1
#define PVHV_DOM_ST_PAUSED	2
#define PVHV_DOM_ST_ENDED	3
#define PVHV_END_NONE		0
#define PVHV_END_POWEROFF	1
#define PVHV_END_REBOOT		2
#define PVHV_END_PANIC		3	/* the guest's kernel said so */
#define PVHV_END_HALT		4
#define PVHV_END_KILLED		5	/* protocol violation or triple fault: see msg */
#define PVHV_END_DESTROYED	6	/* by the host's user */
#define PVHV_END_CORE_LOST	7
/* On the control file: the first domain with id >= domid; -ENOENT: none. */
#define PVHV_IOC_DOM_INFO	_IOWR('V', 0x06, struct pvhv_dom_info)
/* (domid) Ends a domain (its file stays until closed).  CAP_SYS_ADMIN.  -ENOENT. */
#define PVHV_IOC_DOM_DESTROY	_IOW('V', 0x07, __u32)
/* (domid) Another file descriptor on the console of a domain (for 'pvhv console').  CAP_SYS_ADMIN. */
#define PVHV_IOC_DOM_CONSOLE	_IOW('V', 0x08, __u32)

/*
 * Self tests only: -ENOTTY unless the module was loaded with selftest=1.  CAP_SYS_ADMIN.  One command to a taken
 * core.  -ENOENT: not taken; -EINVAL: unknown command; -ETIMEDOUT: the core was lost; -EIO: it panicked.
 */
struct pvhv_core_cmd {
	__u32	size;
	__u32	cpu;
	__u32	cmd;		/* PVHV_CORE_* */
	__u32	reserved;
	__u64	arg;
	__s64	ret;		/* out */
};
#define PVHV_CORE_ECHO		1	/* ret = ~arg */
#define PVHV_CORE_PARK		2	/* stops in order; no answer */
#define PVHV_CORE_SIGNAL	7	/* rings the host arg times; ret = how many it answered */
#define PVHV_CORE_WEDGE		8	/* loops for ever with interrupts off; no answer */
#define PVHV_CORE_CRASH		9	/* panics; no answer */
/* arg of the last two: it has these locks then */
#define PVHV_CORE_WITH_MM	1	/* for page tables of the domain that it ran last */
#define PVHV_CORE_WITH_ROOTS	2	/* for cached roots, of all cores */
#define PVHV_IOC_CORE_CMD	_IOWR('V', 0x10, struct pvhv_core_cmd)

/* ---- on a domain's file ---- */

/* Copies into guest memory while the domain is being built.  -EFAULT, -ERANGE: beyond nr_pages, -EBUSY: started. */
struct pvhv_dom_write {
	__u32	size;
	__u32	reserved;
	__u64	gpa;		/* guest-physical byte address */
	__u64	len;		/* bytes */
	__u64	buf;		/* user pointer */
};
#define PVHV_DOM_WRITE		_IOW('V', 0x20, struct pvhv_dom_write)

/* Reads the P2M: mfns of gfns [gfn, gfn + count) into buf, __u64 each.  -ERANGE. */
struct pvhv_dom_p2m {
	__u32	size;
	__u32	reserved;
	__u64	gfn;
	__u64	count;
	__u64	buf;
};
#define PVHV_DOM_P2M		_IOW('V', 0x21, struct pvhv_dom_p2m)

/*
 * Attaches a disk as the next virtio device.  Before the start only (-EBUSY); see also ioctl_disk.h.
 * -EINVAL: not a regular file or block device, not opened for writing; -EOPNOTSUPP: it cannot discard.
 */
struct pvhv_dom_disk {
	__u32	size;
	__s32	fd;		/* image file or block device; the module takes its own reference */
	__u32	flags;
	__u32	vdev;		/* out: device number */
	char	serial[20];
	__u32	reserved[3];
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_DISK_RDONLY	1
#define PVHV_DISK_DISCARD	2	/* the guest may discard: what it does not use any more takes no room on the host */
#define PVHV_DOM_DISK		_IOWR('V', 0x22, struct pvhv_dom_disk)
/* () Attaches an entropy device. */
#define PVHV_DOM_RNG		_IO('V', 0x23)

/*
 * Validates the initial page tables and starts vCPU 0.  -EINVAL: bad registers; -EPERM, -EBUSY: bad page tables (msg);
 * -ENODEV: no taken core (in cores).  cores: mask by Linux CPU number of taken cores to use, 0 = any.
 */
struct pvhv_dom_start {
	__u32	size;
	__u32	flags;
	__u64	rip, rsp, rsi;
	__u64	root_gfn;
	__u64	directmap_va;	/* base of the direct map in the initial tables */
	__u64	cores;
	__u64	reserved[4];
	char	msg[PVHV_MSG_MAX];	/* out */
};
#define PVHV_DOM_START		_IOWR('V', 0x24, struct pvhv_dom_start)
/* As PVHV_IOC_DOM_INFO, for this domain; domid is ignored. */
#define PVHV_DOM_INFO		_IOWR('V', 0x25, struct pvhv_dom_info)
/* (1 = power off, 2 = reboot) Asks the guest to shut down.  -ESRCH: it does not run. */
#define PVHV_DOM_REQUEST	_IO('V', 0x26)
/* Ends the domain now. */
#define PVHV_DOM_DESTROY	_IO('V', 0x27)
/*
 * Recounts all frame types and references from the page tables; the domain is paused meanwhile, and may have
 * ended.  -ENODEV: no core is taken; -EIO: a core that knew the domain was lost; -ENOMEM.
 */
struct pvhv_dom_audit {
	__u32	size;
	__u32	differences;	/* out: frames whose live counts differ from the recount; 0 = sound */
	__u64	frames;		/* out: frames looked at */
	__u64	tables;		/* out: page tables among them */
	__u64	first_mfn;	/* out: the first that differs */
	char	msg[PVHV_MSG_MAX];
};
#define PVHV_DOM_AUDIT		_IOWR('V', 0x28, struct pvhv_dom_audit)
/* (rows << 16 | cols) Tells the guest the terminal's size. */
#define PVHV_DOM_WINSIZE	_IO('V', 0x29)

#endif /* PVHV_ABI_IOCTL_H */
