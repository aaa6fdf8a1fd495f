/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libpvhv: cores, domains and guests of pvhv from user space.
 *
 * Three layers, each usable alone:
 *   control   /dev/pvhv: cores, checks of the host, the list of domains;
 *   domain    one domain's file: memory, devices, start, console, end;
 *   guest     a configuration file or struct pvhv_config becomes a running
 *             guest; inside it, image and build make its address space.
 *
 * Conventions: functions return 0 (or what their text says) or a negative
 * errno; then *err holds one sentence that names the cause and the remedy.
 * err may be NULL.  File descriptors are close-on-exec.  Nothing is kept
 * behind the caller's back: no globals, no threads, no signal handlers.
 */
#ifndef LIBPVHV_H
#define LIBPVHV_H

#include <stddef.h>
#include <stdint.h>
#include <pvhv/ioctl.h>
#include <pvhv/ioctl_disk.h>
#include <pvhv/ioctl_mem.h>
#include <pvhv/ioctl_net.h>
#include <pvhv/ioctl_sched.h>
#include <pvhv/start_info.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PVHV_DEVICE	"/dev/pvhv"
#define PVHV_API	__attribute__((visibility("default")))

#define PVHV_MAX_DISKS	28	/* PVHV_MAX_VDEVS, less the rng and one to spare */
#define PVHV_ERROR_MAX	640
struct pvhv_error {
	char text[PVHV_ERROR_MAX];
};

/* ---- control ---- */

/*
 * Opens /dev/pvhv and compares the ABI version.  Returns the descriptor.
 * -ENOENT: the module is not loaded; -EACCES: not allowed; -EPROTO: module and
 * library speak different versions.
 */
PVHV_API int pvhv_open(struct pvhv_error *err);

/* Takes CPUs (a bit each) from the host or gives them back: all of them, or none; flags: PVHV_CPU_*. */
PVHV_API int pvhv_cpus_take(int ctl, uint64_t cpus, unsigned int flags, struct pvhv_error *err);
PVHV_API int pvhv_cpus_give(int ctl, uint64_t cpus, struct pvhv_error *err);

/* The first taken core numbered >= cpu.  Returns 1 and fills info, or 0: none. */
PVHV_API int pvhv_cpu_next(int ctl, unsigned int cpu, struct pvhv_cpu_info *info,
			   struct pvhv_error *err);

/* Check number index of the host.  Returns 1 and fills check, or 0: past the end. */
PVHV_API int pvhv_check_next(int ctl, unsigned int index, struct pvhv_check *check,
			     struct pvhv_error *err);

/* The first domain with id >= domid.  Returns 1 and fills info, or 0: none. */
PVHV_API int pvhv_domain_next(int ctl, unsigned int domid, struct pvhv_dom_info *info,
			      struct pvhv_error *err);

/* Finds a domain by its name, or by its number in digits.  -ENOENT: none. */
PVHV_API int pvhv_domain_find(int ctl, const char *who, struct pvhv_dom_info *info,
			      struct pvhv_error *err);

PVHV_API int pvhv_domain_destroy(int ctl, unsigned int domid, struct pvhv_error *err);

/* The domain's network interface numbered >= index.  Returns 1 and fills info, or 0: none. */
PVHV_API int pvhv_net_next(int ctl, unsigned int domid, unsigned int index,
			   struct pvhv_net_info *info, struct pvhv_error *err);

/* Returns a descriptor on the domain's console: read, write, poll. */
PVHV_API int pvhv_domain_console(int ctl, unsigned int domid, struct pvhv_error *err);

/* ---- disks of a guest, running or not; disk: its device number ---- */

struct pvhv_disk_config {
	char *path;
	int readonly;
	char serial[20 + 1];
	int discard;		/* what the guest does not use any more takes no room */
	uint64_t iops, bandwidth;	/* requests and bytes per second, 0 = no limit */
	unsigned int weight;	/* 1 to PVHV_DISK_WEIGHT_MAX, 0 = the default */
	unsigned int line;	/* of its section in a guest file, for messages */
};

/* Opens the image and attaches it.  Returns the disk's number. */
PVHV_API int pvhv_disk_attach(int ctl, unsigned int domid, const struct pvhv_disk_config *disk,
			      struct pvhv_error *err);
/* Waits until the guest's driver let go, 5 s at most. */
PVHV_API int pvhv_disk_detach(int ctl, unsigned int domid, unsigned int disk,
			      struct pvhv_error *err);
/* *bytes = 0: the size of the image as it is now.  On return the size that the guest sees. */
PVHV_API int pvhv_disk_resize(int ctl, unsigned int domid, unsigned int disk, uint64_t *bytes,
			      unsigned int flags, struct pvhv_error *err);
/* 0: no limit; weight 0: as it is. */
PVHV_API int pvhv_disk_limits(int ctl, unsigned int domid, unsigned int disk, uint64_t iops,
			      uint64_t bandwidth, unsigned int weight, struct pvhv_error *err);
/* The first disk with a number >= disk.  Returns 1 and fills info, or 0: none. */
PVHV_API int pvhv_disk_next(int ctl, unsigned int domid, unsigned int disk,
			    struct pvhv_disk_info *info, struct pvhv_error *err);
/* ---- control: memory, bills ---- */

/* A running guest shall have so many bytes; see PVHV_IOC_MEM_SET. */
PVHV_API int pvhv_mem_set(int ctl, unsigned int domid, uint64_t bytes, struct pvhv_error *err);

/* Memory of the first domain with id >= domid.  Returns 1 and fills info, or 0: none. */
PVHV_API int pvhv_mem_next(int ctl, unsigned int domid, struct pvhv_mem_info *info,
			   struct pvhv_error *err);
PVHV_API int pvhv_mem_host(int ctl, struct pvhv_mem_host *host, struct pvhv_error *err);

/* vCPU number vcpu.  Returns 1 and fills info, or 0: no such domain or vCPU. */
PVHV_API int pvhv_vcpu_info(int ctl, unsigned int domid, unsigned int vcpu,
			    struct pvhv_vcpu_info *info, struct pvhv_error *err);

/* The first device numbered >= vdev.  Returns 1 and fills info, or 0: none. */
PVHV_API int pvhv_vdev_next(int ctl, unsigned int domid, unsigned int vdev,
			    struct pvhv_vdev_info *info, struct pvhv_error *err);

/* ---- scheduling of guests, also while they run ---- */

/* sched: as PVHV_IOC_SCHED_GET and _SET; domid and size are filled in. */
PVHV_API int pvhv_sched_get(int ctl, unsigned int domid, struct pvhv_sched *sched,
			    struct pvhv_error *err);
PVHV_API int pvhv_sched_set(int ctl, unsigned int domid, const struct pvhv_sched *sched,
			    struct pvhv_error *err);
/* Takes a guest off the cores, or (pause = 0) lets it go on. */
PVHV_API int pvhv_domain_pause(int ctl, unsigned int domid, int pause, struct pvhv_error *err);
/* Where a vCPU (UINT32_MAX: all) may run: mask of Linux CPU numbers, 0 = any taken core. */
PVHV_API int pvhv_vcpu_pin(int ctl, unsigned int domid, unsigned int vcpu, uint64_t cores,
			   struct pvhv_error *err);
/* Asks the guest to have nr of its vCPUs up. */
PVHV_API int pvhv_vcpu_set(int ctl, unsigned int domid, unsigned int nr, struct pvhv_error *err);
/* Returns 1 and fills state, or 0: there is no such vCPU. */
PVHV_API int pvhv_vcpu_state(int ctl, unsigned int domid, unsigned int vcpu,
			     struct pvhv_vcpu_state *state, struct pvhv_error *err);

/* ---- domain ---- */

/*
 * Creates a domain with nr_pages frames of 4 KiB, which may become max_pages (0: never more).  Returns its
 * descriptor: read(2), write(2) and poll(2) are its console, its last close destroys it.
 */
PVHV_API int pvhv_domain_create(int ctl, const char *name, uint64_t nr_pages,
				uint64_t max_pages, unsigned int nr_vcpus,
				struct pvhv_error *err);

/* Copies len bytes to guest-physical address gpa; before the start only. */
PVHV_API int pvhv_domain_write(int dom, uint64_t gpa, const void *buf, size_t len,
			       struct pvhv_error *err);

/* Machine frame numbers of frames [gfn, gfn + count). */
PVHV_API int pvhv_domain_p2m(int dom, uint64_t gfn, uint64_t count, uint64_t *mfns,
			     struct pvhv_error *err);

/*
 * Attaches fd (image file or block device) as the next disk; flags:
 * PVHV_DISK_*; serial may be NULL.  Returns the device's number.
 */
PVHV_API int pvhv_domain_disk(int dom, int fd, unsigned int flags, const char *serial,
			      struct pvhv_error *err);
PVHV_API int pvhv_domain_rng(int dom, struct pvhv_error *err);

/* Registers of vCPU 0 and root of the address space: see start_info.h. */
struct pvhv_entry {
	uint64_t rip, rsp, rsi;
	uint64_t root_gfn;
	uint64_t directmap_va;
};

/* cores: mask of Linux CPU numbers, 0 = any taken core. */
PVHV_API int pvhv_domain_start(int dom, const struct pvhv_entry *entry, uint64_t cores,
			       struct pvhv_error *err);
PVHV_API int pvhv_domain_info(int dom, struct pvhv_dom_info *info, struct pvhv_error *err);

/* Asks the guest to power off, or (reboot != 0) to reboot. */
PVHV_API int pvhv_domain_request(int dom, int reboot, struct pvhv_error *err);
/* Ends the guest now. */
PVHV_API int pvhv_domain_end(int dom, struct pvhv_error *err);
PVHV_API int pvhv_domain_audit(int dom, struct pvhv_dom_audit *audit,
			       struct pvhv_error *err);
PVHV_API int pvhv_domain_winsize(int dom, unsigned int rows, unsigned int cols,
				 struct pvhv_error *err);

/* "running", "powered off", ... for PVHV_DOM_ST_*, PVHV_END_* and PVHV_CPU_*. */
PVHV_API const char *pvhv_state_name(unsigned int state);
PVHV_API const char *pvhv_end_name(unsigned int reason);
PVHV_API const char *pvhv_cpu_state_name(unsigned int state);

/* ---- image: a kernel, taken apart ---- */

#define PVHV_MAX_SEGMENTS	16

struct pvhv_segment {
	uint64_t gpa;		/* where it goes */
	uint64_t filesz, memsz;	/* bytes; the rest up to memsz is zero */
	const void *data;	/* inside the image */
};

struct pvhv_image {
	uint64_t entry;		/* from the PVHV note: virtual address */
	uint64_t diff;		/* virtual minus guest-physical address */
	uint64_t start, end;	/* guest-physical bounds of all segments */
	unsigned int nr_segments;
	struct pvhv_segment segment[PVHV_MAX_SEGMENTS];
	const void *elf;	/* the ELF file; mapped or allocated, see 'unpacked' */
	size_t elf_size;
	int unpacked;
};

/*
 * Loads a kernel: an ELF file, or a bzImage whose payload is gzip, xz or
 * zstd.  -ENOEXEC: no kernel, or one without a PVHV note.  On success the
 * caller frees the image.
 */
PVHV_API int pvhv_image_load(const char *path, struct pvhv_image *image,
			     struct pvhv_error *err);
PVHV_API void pvhv_image_free(struct pvhv_image *image);

/* ---- build: an image becomes a domain's first address space ---- */

/* Where the builder puts its work; pvhv_domain_mem is the one of a real domain. */
struct pvhv_mem {
	int (*write)(void *ctx, uint64_t gpa, const void *buf, size_t len,
		     struct pvhv_error *err);
	int (*p2m)(void *ctx, uint64_t gfn, uint64_t count, uint64_t *mfns,
		   struct pvhv_error *err);
	void *ctx;
};

/* ctx is a pointer to the domain's descriptor, which must outlive the result. */
PVHV_API struct pvhv_mem pvhv_domain_mem(int *dom);

struct pvhv_build {
	const struct pvhv_image *image;
	const void *initrd;	/* NULL = none */
	uint64_t initrd_len;
	const char *cmdline;	/* NULL = empty */
	uint64_t nr_pages;
	/* what start_info tells the guest besides; as struct pvhv_dom_info gives it */
	uint64_t max_pages, tsc_khz, xcr0;
	uint32_t features, nr_vcpus, domid, nr_vdevs;
};

/* The address space's plan: what lies where, all in frames. */
struct pvhv_layout {
	uint64_t window_va, window_end_va;	/* kernel window, 4 KiB aligned */
	uint64_t initrd_gfn, start_info_gfn, stack_gfn;
	uint64_t pt_gfn, nr_pt;
	uint64_t first_free_gfn;
};

/*
 * Plans without touching anything.  -ENOSPC: too little memory, err says how
 * much is needed; -ENOEXEC: the image's addresses cannot be; -E2BIG: command line.
 */
PVHV_API int pvhv_build_plan(const struct pvhv_build *build, struct pvhv_layout *layout,
			     struct pvhv_error *err);

/* Plans and writes all of it.  entry is what pvhv_domain_start wants. */
PVHV_API int pvhv_build(const struct pvhv_build *build, const struct pvhv_mem *mem,
			struct pvhv_entry *entry, struct pvhv_error *err);

/* ---- configuration and guests ---- */

#define PVHV_MAX_NETS		8
#define PVHV_MAX_RESOLVERS	2
/* IPv4 addresses in network byte order. */
struct pvhv_net_config {
	unsigned int nr;	/* N of [netN] */
	unsigned int line;	/* of its section, for messages */
	char bridge[16];	/* empty: routed */
	uint8_t mac[6];
	uint8_t ip4[4];
	uint8_t gateway[4];	/* zero: none */
	unsigned int prefix4;	/* 0: no IPv4 address */
	int has_ip6;
	uint8_t ip6[16];	/* prefix6 and what the guest makes of its MAC address */
	unsigned int nr_resolvers;
	uint8_t resolver[PVHV_MAX_RESOLVERS][4];
	unsigned int mtu;	/* 0: 1500 */
	unsigned int weight;	/* 1 to PVHV_NET_WEIGHT_MAX, 0: the default */
	uint64_t rate_in, rate_out;	/* bytes per second, as the guest sees it; 0: no limit */
};

struct pvhv_config {
	char *file;
	char name[PVHV_NAME_MAX];
	char *kernel, *initrd, *cmdline;	/* initrd, cmdline: NULL = none */
	uint64_t memory;	/* bytes, at the start */
	uint64_t max_memory;	/* bytes; 0 = never more than at the start */
	unsigned int vcpus;
	uint64_t cores;		/* mask, 0 = any */
	uint32_t weight, cap;	/* 0 = the default, none */
	int rng;
	unsigned int nr_disks;
	struct pvhv_disk_config disk[PVHV_MAX_DISKS];
	unsigned int nr_nets;
	struct pvhv_net_config net[PVHV_MAX_NETS];
};

/*
 * Reads a guest's INI file (docs/pvhv.md has its keys).  Relative paths in it
 * are relative to the file's folder.  -EINVAL: err names file, line and the
 * keys that exist.  On success the caller frees the configuration.
 */
PVHV_API int pvhv_config_read(const char *path, struct pvhv_config *config,
			      struct pvhv_error *err);
PVHV_API void pvhv_config_free(struct pvhv_config *config);

/*
 * From configuration to running guest.  Returns its domain's descriptor.  All
 * files are opened and the plan is made before the domain is created; on
 * failure nothing is left behind.
 */
PVHV_API int pvhv_guest_start(int ctl, const struct pvhv_config *config,
			      struct pvhv_error *err);

/* ---- words and numbers ---- */

/*
 * "2,4-6" becomes a mask with bits 2, 4, 5, 6.  -EINVAL: not such a list;
 * -ERANGE: a number above 63.
 */
PVHV_API int pvhv_parse_cpus(const char *text, uint64_t *mask, struct pvhv_error *err);

/* "64", "64M", "1G", "65536K": bytes; a bare number counts MiB. */
PVHV_API int pvhv_parse_size(const char *text, uint64_t *bytes, struct pvhv_error *err);

/* Digits, up to max. */
PVHV_API int pvhv_parse_count(const char *text, uint64_t max, uint64_t *count,
			      struct pvhv_error *err);

#ifdef __cplusplus
}
#endif

#endif /* LIBPVHV_H */
