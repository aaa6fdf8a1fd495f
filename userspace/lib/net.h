/* SPDX-License-Identifier: GPL-2.0 */
/* Network interfaces of a guest: what the host must have, and be told. */
#ifndef PVHV_LIB_NET_H
#define PVHV_LIB_NET_H

#include "libpvhv.h"

/* Are the bridges there, and the addresses not the host's?  Before there is a domain. */
int net_check(const struct pvhv_config *config, struct pvhv_error *err);

/* Makes all interfaces and connects them.  On failure the domain's end removes what there is. */
int net_attach(int dom, const struct pvhv_config *config, struct pvhv_error *err);

/*
 * The kernel's command line with the parameters that bring up the first
 * interface with an address; the caller frees it.  NULL: out of memory.
 */
char *net_cmdline(const struct pvhv_config *config);

#endif
