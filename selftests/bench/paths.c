// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU that counts, per CPU, the instructions of the gate and the
 * hypervisor and the writes of CR3, and writes what was between two marks of
 * the guest (paths.h): 'path NAME instructions CR3-writes'.
 * -plugin paths.so,out=FILE
 */
#include <stdio.h>

#include "paths.h"
#include "plugin.h"

#define MAX_CPUS	64
/* The gate's slot, and the module area of the host; a guest has neither. */
#define GATE_FIRST	0xffff800000000000ull
#define GATE_LAST	0xffff807fffffffffull
#define MODULES_FIRST	0xffffffffc0000000ull

struct count {
	uint64_t instructions, cr3;
};

static const char * const names[NR_PATHS] = {
	[PATH_SYSTEM_CALL] = "system_call",
	[PATH_SIGNAL_RETURN] = "signal_return",
	[PATH_PAGE_FAULT] = "user_page_fault",
	[PATH_PTE_UPDATE] = "pte_update",
	[PATH_PTE_BATCH] = "pte_update_in_64",
	[PATH_PTE_CLEAR] = "pte_clear",
	[PATH_EVENT] = "event",
	[PATH_VCPU_SWITCH] = "vcpu_switch",
	[PATH_PROCESS_SWITCH] = "process_switch",
	[PATH_SWITCH_AMONG_2] = "vcpu_switch_among_2",
	[PATH_SWITCH_AMONG_8] = "vcpu_switch_among_8",
	[PATH_SWITCH_AMONG_32] = "vcpu_switch_among_32",
	[PATH_SWITCH_AMONG_128] = "vcpu_switch_among_128",
};

/* Each written by the thread of its CPU only. */
static struct count now[MAX_CPUS], begun[MAX_CPUS];

static void count_instruction(unsigned int cpu, void *data)
{
	now[cpu].instructions++;
}

static void count_cr3(unsigned int cpu, void *data)
{
	now[cpu].cr3++;
}

static void mark(unsigned int cpu, void *data)
{
	size_t number = (uintptr_t)data;

	if (!(number & 1)) {
		begun[cpu] = now[cpu];
		return;
	}
	fprintf(plugin_out, "path %s %lu %lu\n", names[number / 2],
		now[cpu].instructions - begun[cpu].instructions, now[cpu].cr3 - begun[cpu].cr3);
	fflush(plugin_out);
}

static int is_ours(uint64_t va)
{
	return (va >= GATE_FIRST && va <= GATE_LAST) || va >= MODULES_FIRST;
}

/* MOV CR3, reg: 0f 22 /3, with or without a REX prefix. */
static int writes_cr3(const uint8_t *code, size_t size)
{
	if (size == 4 && (code[0] & 0xf0) == 0x40) {
		code++;
		size--;
	}
	return size == 3 && code[0] == 0x0f && code[1] == 0x22 && (code[2] >> 3 & 7) == 3;
}

void plugin_translate(uint64_t plugin, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *code = qemu_plugin_insn_data(insn);
		size_t size = qemu_plugin_insn_size(insn);

		if (is_ours(qemu_plugin_insn_vaddr(insn)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, count_instruction,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
		if (writes_cr3(code, size))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, count_cr3,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
		plugin_watch_mark(insn, NR_PATHS, mark);
	}
}
