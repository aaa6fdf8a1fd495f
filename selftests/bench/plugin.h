/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What plugin.c does for each plugin, and what each has of its own.
 */
#ifndef BENCH_PLUGIN_H
#define BENCH_PLUGIN_H

#include <stdio.h>

#include "qemu_plugin.h"

/* Where the results go. */
extern FILE *plugin_out;

/* If @insn is one of @numbers marks: calls @mark with what mark_read() says of it, whenever it is executed. */
void plugin_watch_mark(struct qemu_plugin_insn *insn, unsigned int numbers,
		       void (*mark)(unsigned int cpu, void *number));

/* The plugin's own: called for each block that QEMU translates. */
void plugin_translate(uint64_t plugin, struct qemu_plugin_tb *tb);

#endif /* BENCH_PLUGIN_H */
