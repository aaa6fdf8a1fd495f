/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine memory of a domain: taken from the host's page allocator, returned scrubbed.
 * Side: host.
 */
#ifndef PVHV_DONATE_H
#define PVHV_DONATE_H

#include <linux/list.h>
#include <linux/types.h>

struct balloon_chain;
struct domain;

struct donation {
	struct list_head list;		/* all pages, linked by page->lru */
	u64		pages;		/* their number */
	u64		p2m_pages;	/* pages of the P2M */
	unsigned int	p2m_dir_order;	/* of domain.p2m itself */
};

/* Available memory that the host keeps for itself, in pages. */
unsigned long donate_floor(void);

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

/*
 * More memory for a running domain, in two steps: frames of type GONE in a chain that can
 * be put into its pool, then that is done (commit) or not (abort).  On failure everything is
 * as before, and msg says why.
 */
int donate_prepare(struct donation *more, struct domain *d, u64 pages, struct balloon_chain *chain,
		   char *msg);
void donate_commit(struct donation *m, struct donation *more);
void donate_abort(struct donation *more);
/* Returns n frames that balloon_collect has taken out of the pool of a running domain. */
void donate_withdraw(struct donation *m, const u64 *mfns, unsigned int n);

#endif /* PVHV_DONATE_H */
