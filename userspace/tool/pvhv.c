// SPDX-License-Identifier: GPL-2.0
/* pvhv: cores, guests and their consoles from the command line. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

static const struct command commands[] = {
	{ "doctor", "say whether this host can run guests, and why not", cmd_doctor },
	{ "cpu", "take cores from the host, give them back, list them", cmd_cpu },
	{ "run", "run a guest in the foreground, its console on this terminal", cmd_run },
	{ "list", "list the guests", cmd_list },
	{ "info", "tell all about one guest", cmd_info },
	{ "console", "attach this terminal to a guest's console", cmd_console },
	{ "disk", "attach, detach, resize, limit, list a guest's disks", cmd_disk },
	{ "sched", "show or change a guest's weight, cap and warp", cmd_sched },
	{ "pause", "take a guest off the cores", cmd_pause },
	{ "unpause", "let a paused guest go on", cmd_unpause },
	{ "vcpus", "tell where a guest's vCPUs are and what they did", cmd_vcpus },
	{ "vcpu-pin", "say on which CPUs a vCPU may run", cmd_vcpu_pin },
	{ "vcpu-set", "ask a guest to have so many vCPUs up", cmd_vcpu_set },
	{ "destroy", "end a guest at once", cmd_destroy },
	{ "mem-set", "set how much memory a running guest shall have", cmd_mem_set },
	{ "mem-auto", "move memory between guests by their need, until ended", cmd_mem_auto },
	{ "top", "show what guests and cores use, again and again", cmd_top },
	{ "log", "print the module's kernel log", cmd_log },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	char prog[] = "pvhv";

	argp_err_exit_status = EXIT_USAGE;
	if (argc)
		argv[0] = prog;
	if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		printf("pvhv, ABI version %d\n", PVHV_ABI_VERSION);
		return EXIT_OK;
	}
	return cmd_dispatch(commands, argc, argv);
}
