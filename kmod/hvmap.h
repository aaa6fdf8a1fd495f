/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hypervisor's page tables: what taken cores can reach.
 * Side: host.  Process context; the calls sleep.
 *
 * Besides the module's image and the APIC, only memory that went through
 * these calls is mapped, at the host's direct-map address, read-write, never executable.
 */
#ifndef PVHV_HVMAP_H
#define PVHV_HVMAP_H

#include <linux/gfp.h>
#include <linux/types.h>

struct page;
struct pcore;

int hvmap_init(void);
void hvmap_exit(void);		/* no core is taken, nothing is mapped any more */

/* Zeroed pages that all cores see; NULL on failure. */
void *hvmem_alloc(unsigned int order);
/* The same below 4 GiB. */
void *hvmem_alloc_low(unsigned int order);
/*
 * Gives them back, after no core looks at them any more.  Returns at once: the
 * pages are freed when all cores have flushed.  NULL is allowed.
 */
void hvmem_free(void *p, unsigned int order);

/* The same for pages that the caller owns; hvmem_unmap flushes. */
int hvmem_map(struct page *p, unsigned int order);
void hvmem_unmap(struct page *p, unsigned int order);
/* For many at once: unmap all, then flush once before any is used for something else. */
void hvmem_unmap_noflush(struct page *p, unsigned int order);
/* One page of those that were mapped together; the others stay. */
void hvmem_unmap_one_noflush(struct page *p);
/* The same where all of them go: the whole 2 MiB at the first, if they are mapped as such. */
void hvmem_unmap_all_noflush(struct page *p);

/*
 * On return each taken core has passed its main loop: it holds no TLB entry
 * of a mapping that was removed before, and no pointer that it read before from shared state.
 */
void hvmem_flush(void);

/* Waits until all that was given to hvmem_free is free. */
void hvmem_free_wait(void);

/* The M2P window: shows a page of the M2P to the guests, or none. */
int hvmap_window_set(u64 region, const u64 *page);
void hvmap_window_clear(u64 region);

/* What all cores have in common goes into the root of one that is being made. */
void hvmap_fill_root(struct pcore *c);

#endif /* PVHV_HVMAP_H */
