/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a guest finds at its start.
 * Side: ABI.
 *
 * The builder makes a complete address space: the ELF segments at their
 * virtual addresses (gfn = p_paddr >> 12), and the direct map of all frames at
 * PVHV_DIRECTMAP_VA, all with 4 KiB pages (page tables read-only).  vCPU 0
 * starts in ring 1 at the entry with RSI = address (direct map) of struct pvhv_start_info,
 * RSP = start_info.stack_top, vIF = 0, no traps registered.
 *
 * The entry and image are announced by an ELF note, owner "PVHV", type
 * PVHV_ELFNOTE_ENTRY, whose content is two __u64: entry virtual address, and
 * the difference virtual - physical of the segments (p_paddr is then ignored: gfn = (p_vaddr - diff) >> 12;
 * but a segment with p_vaddr in the lower half, as Linux' per-CPU template, goes to p_paddr).
 */
#ifndef PVHV_ABI_START_INFO_H
#define PVHV_ABI_START_INFO_H

#include <pvhv/layout.h>

#define PVHV_ELFNOTE_ENTRY	1
#define PVHV_START_MAGIC	PVHV_UL(0x3174726154765650)	/* "PVvTart1" */
#define PVHV_CMDLINE_MAX	2048

#define PVHV_FEAT_TSC_STABLE	(1 << 0)	/* TSC at constant rate, the same on all cores */

#ifndef __ASSEMBLY__
#include <linux/types.h>

struct pvhv_start_info {
	__u64	magic;
	__u32	abi_version;
	__u32	features;	/* PVHV_FEAT_* */
	__u64	nr_pages;	/* frames now; gfns 0 .. nr_pages - 1 */
	__u64	max_pages;	/* maximum (balloon); gfns nr_pages .. max_pages - 1 are holes at the start */
	__u64	initrd_gfn;	/* first frame, 0 = none */
	__u64	initrd_len;	/* bytes */
	__u64	pt_gfn;		/* first frame of the initial page tables: the L4, then all others */
	__u64	nr_pt;		/* their number */
	__u64	stack_top;	/* direct-map address; the stack is one page */
	__u64	first_free_gfn;	/* frames from here to nr_pages - 1 are unused; the image, initrd, this page, tables lie below */
	__u64	tsc_khz;
	__u64	xcr0;		/* extended state that the vCPUs may use */
	__u32	nr_vcpus;	/* vCPUs 0 .. nr_vcpus - 1 */
	__u32	domid;
	__u32	nr_vdevs;	/* virtio devices, see shared.h */
	__u32	pad0;
	__u64	pad1[16];
	char	cmdline[PVHV_CMDLINE_MAX];	/* NUL-terminated */
};
#endif

#endif /* PVHV_ABI_START_INFO_H */
