/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core's end of the mailbox.
 * Side: core.
 */
#ifndef PVHV_MAILBOX_CORE_H
#define PVHV_MAILBOX_CORE_H

#include "pcore.h"

/* Executes the host's command, if one waits. */
void mailbox_poll(struct pcore *c);

#endif /* PVHV_MAILBOX_CORE_H */
