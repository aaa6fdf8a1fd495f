// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU that counts the instructions of all CPUs, and writes what was
 * executed between two marks (costs.h): 'cost NAME own others', own: by the CPU that passed the second mark.
 * -plugin costs.so,out=FILE
 */
#include <stdio.h>
#include <string.h>

#include "costs.h"
#include "plugin.h"

#define MAX_CPUS	64

static const char * const names[NR_COSTS] = COST_NAMES;

/* Each written by the thread of its CPU only; who reads another's may miss its last few. */
static uint64_t now[MAX_CPUS];
static uint64_t begun[MAX_CPUS];

static void count_block(unsigned int cpu, void *instructions)
{
	now[cpu] += (uintptr_t)instructions;
}

static void mark(unsigned int cpu, void *data)
{
	size_t number = (uintptr_t)data;
	uint64_t others = 0;
	unsigned int i;

	if (!(number & 1)) {
		memcpy(begun, now, sizeof(begun));
		return;
	}
	for (i = 0; i < MAX_CPUS; i++)
		if (i != cpu)
			others += now[i] - begun[i];
	fprintf(plugin_out, "cost %s %lu %lu\n", names[number / 2], now[cpu] - begun[cpu], others);
	fflush(plugin_out);
}

void plugin_translate(uint64_t plugin, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	qemu_plugin_register_vcpu_tb_exec_cb(tb, count_block, QEMU_PLUGIN_CB_NO_REGS, (void *)n);
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		plugin_watch_mark(insn, NR_COSTS, mark);
	}
}
