/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Can this host give cores away, and why not?
 * Side: host.
 */
#ifndef PVHV_DOCTOR_H
#define PVHV_DOCTOR_H

struct pvhv_check;

/* Fills ok, name, msg for c->index; -ENOENT: past the end. */
int doctor_check(struct pvhv_check *c);
/* -EOPNOTSUPP and the first failing check in msg (PVHV_MSG_MAX bytes), or 0. */
int doctor_require(char *msg);

#endif /* PVHV_DOCTOR_H */
