/* SPDX-License-Identifier: GPL-2.0 */
/* virtio-net back end.  Side: host. */
#ifndef PVHV_IO_VNET_H
#define PVHV_IO_VNET_H

struct hostdom;
struct pvhv_dom_net;
struct pvhv_net_info;

/*
 * Attaches an interface to h; fills arg's out fields.  Caller holds h->lock, h is
 * not started.  Errors: see PVHV_DOM_NET; msg (PVHV_MSG_MAX bytes) says it in words.
 */
int vnet_attach(struct hostdom *h, struct pvhv_dom_net *arg, char *msg);
/* PVHV_IOC_NET_INFO. */
int vnet_get_info(struct pvhv_net_info *info);

#endif /* PVHV_IO_VNET_H */
