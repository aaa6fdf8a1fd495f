/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of the host that concern taken cores.
 * Side: host.
 */
#ifndef PVHV_HOSTEVENTS_H
#define PVHV_HOSTEVENTS_H

int hostevents_init(void);
void hostevents_exit(void);

#endif /* PVHV_HOSTEVENTS_H */
