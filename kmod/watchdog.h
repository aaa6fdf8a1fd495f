/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Watches the heartbeat of taken cores.
 * Side: host.
 */
#ifndef PVHV_WATCHDOG_H
#define PVHV_WATCHDOG_H

void watchdog_init(void);
void watchdog_exit(void);

#endif /* PVHV_WATCHDOG_H */
