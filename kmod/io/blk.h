/* SPDX-License-Identifier: GPL-2.0 */
/* virtio-blk back end.  Side: host. */
#ifndef PVHV_IO_BLK_H
#define PVHV_IO_BLK_H

struct hostdom;
struct pvhv_dom_disk;

/*
 * Attaches arg->fd as the next device of h; arg->vdev is its number.  Caller
 * holds h->lock, h is not started.  Errors as image_open; -EINVAL: unknown
 * flags, reserved fields; -ENOSPC: too many devices; -ENOMEM.  msg
 * (PVHV_MSG_MAX bytes) says it in words.
 */
int blk_attach(struct hostdom *h, struct pvhv_dom_disk *arg, char *msg);

#endif /* PVHV_IO_BLK_H */
