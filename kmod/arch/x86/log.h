/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core's log ring, panic, and the end of a domain.
 * Side: core.
 */
#ifndef PVHV_LOG_H
#define PVHV_LOG_H

#include "domain.h"

/* One line into this core's ring; %s %c %d %u %x %lld %llu %llx.  Dropped (and counted) when the ring is full. */
void core_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Our own bug: this core stops, the host is told and goes on. */
void core_panic(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* A guest broke the rules: ends the domain; the first reason wins. */
void domain_kill(struct domain *d, u32 reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Interrupts the host; it looks at host_work of all cores. */
void core_ring_host(struct pcore *c);

#endif /* PVHV_LOG_H */
