/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/pvhv, the control file.
 * Side: host.
 */
#ifndef PVHV_DEV_H
#define PVHV_DEV_H

int dev_init(void);
void dev_exit(void);

#endif /* PVHV_DEV_H */
