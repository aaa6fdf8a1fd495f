// SPDX-License-Identifier: GPL-2.0
/*
 * The builder: plans and fills a domain's first address space as
 * start_info.h describes it.  In guest frames, upwards:
 *
 *   0 ..              free, then the kernel's segments, up to the end of the
 *                     kernel window (2 MiB aligned in virtual addresses)
 *   initrd_gfn ..     initrd, if any
 *   start_info_gfn    struct pvhv_start_info
 *   stack_gfn         first stack
 *   pt_gfn ..         the L4, then all other page tables
 *   first_free_gfn .. free
 *
 * The tables lie beyond the kernel window, so that no executable or writable
 * mapping of them exists; the direct map shows them read-only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "pagetable.h"

#define PAGE		4096ULL
#define WINDOW_ALIGN	(2ULL << 20)
#define SLOT_SHIFT	39
#define MAX_PAGES	(1ULL << 34)

#define PT_WINDOW	(PT_PRESENT | PT_RW | PT_ACCESSED | PT_DIRTY)
#define PT_DIRECT	(PT_WINDOW | PT_NX)
#define PT_DIRECT_RO	(PT_DIRECT & ~PT_RW)

static uint64_t pages(uint64_t bytes)
{
	return (bytes + PAGE - 1) / PAGE;
}

static struct va_range window_range(const struct pvhv_layout *l)
{
	return (struct va_range){ l->window_va, l->window_end_va - 1 };
}

static struct va_range directmap_range(uint64_t nr_pages)
{
	return (struct va_range){ PVHV_DIRECTMAP_VA, PVHV_DIRECTMAP_VA + nr_pages * PAGE - 1 };
}

static int ranges_meet(const struct va_range *a, const struct va_range *b)
{
	return a->first <= b->last && b->first <= a->last;
}

/* The kernel window must not wrap, nor touch the hypervisor's slots or the direct map. */
static int plan_window(const struct pvhv_build *b, struct pvhv_layout *l,
		       struct pvhv_error *err)
{
	const struct va_range hv = {
		PVHV_GATE_BASE,
		PVHV_GATE_BASE + ((uint64_t)(PVHV_HV_SLOT_LAST - PVHV_HV_SLOT_FIRST + 1)
				  << SLOT_SHIFT) - 1,
	};
	/* what the guest may map there later counts, too */
	const struct va_range direct = directmap_range(b->max_pages > b->nr_pages ?
						       b->max_pages : b->nr_pages);
	uint64_t end = b->image->end + b->image->diff;
	struct va_range window;

	l->window_va = (b->image->start + b->image->diff) & ~(PAGE - 1);
	l->window_end_va = (end + WINDOW_ALIGN - 1) & ~(WINDOW_ALIGN - 1);
	window = window_range(l);

	if (b->image->diff % PAGE || window.first < hv.first || window.last < window.first ||
	    ranges_meet(&window, &hv) || ranges_meet(&window, &direct))
		return error_set(err, -ENOEXEC,
				 "the kernel wants to run at %#llx - %#llx, where the hypervisor or the map of all memory lies",
				 (unsigned long long)window.first,
				 (unsigned long long)window.last);
	return 0;
}

/* Frame numbers for everything, were there nr_pages frames.  Returns how many it takes. */
static uint64_t place(const struct pvhv_build *b, uint64_t nr_pages, struct pvhv_layout *l)
{
	const struct va_range window = window_range(l), direct = directmap_range(nr_pages);
	uint64_t gfn = (l->window_end_va - b->image->diff) / PAGE;

	l->initrd_gfn = b->initrd_len ? gfn : 0;
	gfn += pages(b->initrd_len);
	l->start_info_gfn = gfn++;
	l->stack_gfn = gfn++;
	l->pt_gfn = gfn;
	l->nr_pt = pagetable_count(&window, &direct);
	l->first_free_gfn = l->pt_gfn + l->nr_pt;
	return l->first_free_gfn;
}

/* The least memory that works: the tables grow with it, so look until it holds itself. */
static uint64_t least_pages(const struct pvhv_build *b, const struct pvhv_layout *l)
{
	struct pvhv_layout tmp = *l;
	uint64_t need = place(b, b->nr_pages, &tmp);
	uint64_t more;

	while ((more = place(b, need, &tmp)) > need)
		need = more;
	return need;
}

int pvhv_build_plan(const struct pvhv_build *b, struct pvhv_layout *l,
		    struct pvhv_error *err)
{
	uint64_t need, image_pages = pages(b->image->end - b->image->start);
	int ret;

	if (!b->nr_pages || b->nr_pages > MAX_PAGES)
		return error_set(err, -EINVAL, "a guest cannot have %llu pages of memory",
				 (unsigned long long)b->nr_pages);
	if (b->cmdline && strlen(b->cmdline) >= PVHV_CMDLINE_MAX)
		return error_set(err, -E2BIG,
				 "the command line has %zu characters, %d are allowed",
				 strlen(b->cmdline), PVHV_CMDLINE_MAX - 1);
	ret = plan_window(b, l, err);
	if (ret)
		return ret;
	if (place(b, b->nr_pages, l) <= b->nr_pages)
		return 0;

	need = least_pages(b, l);
	return error_set(err, -ENOSPC,
			 "%llu MiB of memory are too little: the kernel (%llu MiB, from %llu MiB on), the initrd (%llu MiB) and page tables need at least %llu MiB, and the guest more to run",
			 (unsigned long long)b->nr_pages >> 8,
			 (unsigned long long)(image_pages + 255) >> 8,
			 (unsigned long long)b->image->start >> 20,
			 (unsigned long long)(pages(b->initrd_len) + 255) >> 8,
			 (unsigned long long)(need + 255) >> 8);
}

static int write_image(const struct pvhv_build *b, const struct pvhv_mem *mem,
		       struct pvhv_error *err)
{
	/* A new domain's memory is zero: what lies beyond filesz needs no write. */
	for (unsigned int i = 0; i < b->image->nr_segments; i++) {
		const struct pvhv_segment *s = &b->image->segment[i];
		int ret = 0;

		if (s->filesz)
			ret = mem->write(mem->ctx, s->gpa, s->data, s->filesz, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int write_initrd(const struct pvhv_build *b, const struct pvhv_layout *l,
			const struct pvhv_mem *mem, struct pvhv_error *err)
{
	if (!b->initrd_len)
		return 0;
	return mem->write(mem->ctx, l->initrd_gfn * PAGE, b->initrd, b->initrd_len, err);
}

static int write_start_info(const struct pvhv_build *b, const struct pvhv_layout *l,
			    uint64_t stack_top, const struct pvhv_mem *mem,
			    struct pvhv_error *err)
{
	struct pvhv_start_info si = {
		.magic = PVHV_START_MAGIC,
		.abi_version = PVHV_ABI_VERSION,
		.features = b->features,
		.nr_pages = b->nr_pages,
		.max_pages = b->max_pages,
		.initrd_gfn = l->initrd_gfn,
		.initrd_len = b->initrd_len,
		.pt_gfn = l->pt_gfn,
		.nr_pt = l->nr_pt,
		.stack_top = stack_top,
		.first_free_gfn = l->first_free_gfn,
		.tsc_khz = b->tsc_khz,
		.xcr0 = b->xcr0,
		.nr_vcpus = b->nr_vcpus,
		.domid = b->domid,
		.nr_vdevs = b->nr_vdevs,
	};

	if (b->cmdline)
		strcpy(si.cmdline, b->cmdline);
	return mem->write(mem->ctx, l->start_info_gfn * PAGE, &si, sizeof(si), err);
}

/* The direct map of all frames, then the kernel window. */
static void map_all(const struct pvhv_build *b, const struct pvhv_layout *l,
		    struct pagetable *pt, const uint64_t *mfns)
{
	for (uint64_t gfn = 0; gfn < b->nr_pages; gfn++) {
		int is_table = gfn >= l->pt_gfn && gfn < l->pt_gfn + l->nr_pt;

		pagetable_map(pt, PVHV_DIRECTMAP_VA + gfn * PAGE, mfns[gfn],
			      is_table ? PT_DIRECT_RO : PT_DIRECT);
	}
	/* Counted in pages: the window may end at the top of the address space, at 0. */
	for (uint64_t n = (l->window_end_va - l->window_va) / PAGE, i = 0; i < n; i++) {
		uint64_t va = l->window_va + i * PAGE;

		pagetable_map(pt, va, mfns[(va - b->image->diff) / PAGE], PT_WINDOW);
	}
}

static int write_tables(const struct pvhv_build *b, const struct pvhv_layout *l,
			const uint64_t *mfns, const struct pvhv_mem *mem,
			struct pvhv_error *err)
{
	struct pagetable pt;
	int ret;

	if (pagetable_init(&pt, l->nr_pt))
		return error_set(err, -ENOMEM, "no memory for the guest's page tables");
	map_all(b, l, &pt, mfns);
	pagetable_link(&pt, mfns + l->pt_gfn);
	ret = mem->write(mem->ctx, l->pt_gfn * PAGE, pt.table, pt.nr * PAGE, err);
	pagetable_free(&pt);
	return ret;
}

/* Reads the whole P2M; the caller frees it. */
static int read_p2m(const struct pvhv_build *b, const struct pvhv_mem *mem, uint64_t **mfns,
		    struct pvhv_error *err)
{
	uint64_t *p = calloc(b->nr_pages, sizeof(*p));
	int ret;

	if (!p)
		return error_set(err, -ENOMEM, "no memory for the guest's frame numbers");
	ret = mem->p2m(mem->ctx, 0, b->nr_pages, p, err);
	for (uint64_t gfn = 0; !ret && gfn < b->nr_pages; gfn++)
		if (p[gfn] > PT_ADDR >> 12)
			ret = error_set(err, -EIO, "the guest's frame %llu has no memory",
					(unsigned long long)gfn);
	if (ret) {
		free(p);
		return ret;
	}
	*mfns = p;
	return 0;
}

int pvhv_build(const struct pvhv_build *b, const struct pvhv_mem *mem,
	       struct pvhv_entry *entry, struct pvhv_error *err)
{
	struct pvhv_layout l;
	uint64_t *mfns = NULL, stack_top;
	int ret;

	ret = pvhv_build_plan(b, &l, err);
	if (ret)
		return ret;
	ret = read_p2m(b, mem, &mfns, err);
	if (ret)
		return ret;

	stack_top = PVHV_DIRECTMAP_VA + (l.stack_gfn + 1) * PAGE;
	ret = write_image(b, mem, err);
	if (!ret)
		ret = write_initrd(b, &l, mem, err);
	if (!ret)
		ret = write_start_info(b, &l, stack_top, mem, err);
	if (!ret)
		ret = write_tables(b, &l, mfns, mem, err);
	free(mfns);
	if (ret)
		return ret;

	*entry = (struct pvhv_entry){
		.rip = b->image->entry,
		.rsp = stack_top,
		.rsi = PVHV_DIRECTMAP_VA + l.start_info_gfn * PAGE,
		.root_gfn = l.pt_gfn,
		.directmap_va = PVHV_DIRECTMAP_VA,
	};
	return 0;
}
