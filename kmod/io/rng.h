/* SPDX-License-Identifier: GPL-2.0 */
/* virtio-rng back end.  Side: host. */
#ifndef PVHV_IO_RNG_H
#define PVHV_IO_RNG_H

struct hostdom;

/*
 * Attaches an entropy device.  Caller holds h->lock, h is not started.
 * -ENOMEM; -ENOSPC: too many devices.
 */
int rng_attach(struct hostdom *h);

#endif /* PVHV_IO_RNG_H */
