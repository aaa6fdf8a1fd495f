/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of running domains: targets, donations to their pools, the way back to the host.
 * Side: host.
 */
#ifndef PVHV_DOMAIN_MEM_H
#define PVHV_DOMAIN_MEM_H

#include <linux/types.h>
#include <pvhv/ioctl_mem.h>

#define REGION_PAGES	3	/* frame table and M2P of a region */

struct hostdom;

/* At creation, before anybody else knows it; at its end, when nobody finds it any more. */
void domain_mem_init(struct hostdom *h);
void domain_mem_exit(struct hostdom *h);

/* See PVHV_IOC_MEM_SET.  msg: PVHV_MSG_MAX bytes. */
int domain_mem_set(struct hostdom *h, u64 target, char *msg);

/* All that the hypervisor and host spend on it. */
u64 domain_mem_hv_pages(const struct hostdom *h);
void domain_mem_info(const struct hostdom *h, struct pvhv_mem_info *out);
void domain_mem_host(struct pvhv_mem_host *out);

#endif /* PVHV_DOMAIN_MEM_H */
