/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine memory of a domain: taken from the host's page allocator, returned scrubbed.
 * Side: host.
 */
#ifndef PVHV_DONATE_H
#define PVHV_DONATE_H

#include <linux/list.h>
#include <linux/types.h>

struct domain;

struct donation {
	struct list_head chunks;	/* head pages, linked by page->lru */
	u64		pages;		/* donated so far */
	u64		p2m_pages;	/* pages of the P2M */
	unsigned int	p2m_dir_order;	/* of domain.p2m itself */
};

/*
 * Gives d its P2M and nr_pages of zeroed memory (gfn 0 ..).  On failure
 * everything is as before, and msg (PVHV_MSG_MAX bytes) says why.
 */
int donate_memory(struct donation *m, struct domain *d, char *msg);
/*
 * Takes all back.  No core knows the domain any more.  checked: the cores have
 * torn the domain down, so a frame that is still in use is a bug to report.
 */
void donate_return(struct donation *m, struct domain *d, bool checked);

#endif /* PVHV_DONATE_H */
