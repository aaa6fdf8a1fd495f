// SPDX-License-Identifier: GPL-2.0
/*
 * What the plugins have in common: -plugin NAME.so,out=FILE, and their marks.
 */
#include <string.h>

#include "mark.h"
#include "plugin.h"

int qemu_plugin_version = QEMU_PLUGIN_VERSION;
FILE *plugin_out;

void plugin_watch_mark(struct qemu_plugin_insn *insn, unsigned int numbers,
		       void (*mark)(unsigned int cpu, void *number))
{
	long number = mark_read(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn), numbers);

	if (number >= 0)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, mark, QEMU_PLUGIN_CB_NO_REGS,
						       (void *)(uintptr_t)number);
}

int qemu_plugin_install(uint64_t plugin, const void *info, int argc, char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	plugin_out = fopen(argv[0] + 4, "w");
	if (!plugin_out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(plugin, plugin_translate);
	return 0;
}
