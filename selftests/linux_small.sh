#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A guest of 32 MiB boots to a shell that runs what is typed; what the hypervisor
# needs for a guest is at most 1 % of its memory and 1 MiB.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"

# small MEMORY: up to the shell's answer.
small()
{
	local memory=$1 name=small$1 conf overhead

	conf=$(linux_conf "$name" "kernel = $linux_kernel" "initrd = $work/initrd" \
		"memory = ${memory}M" "cmdline = console=hvc0 quiet")
	linux_start "$conf"
	check "$name: boots to a shell" linux_until $linux_patience '^# linux: up'
	linux_type $'echo "answer: $((6 * 7))"; sleep 0.1; echo done | tr a-z A-Z\n'
	check "$name: the shell runs what is typed" linux_until 60 '^answer: 42'
	check "$name: and starts programs" linux_until 60 '^DONE'
	overhead=$("$pvhv" info --json "$name" | jq .hv_bytes)
	check "$name: takes ${overhead:-no} bytes of the hypervisor" \
		[ "${overhead:-0}" -gt 0 -a "${overhead:-0}" -le $((memory * 10486 + (1 << 20))) ]
	linux_type $'exit\n'
	linux_wait 60
	linux_ended "$name" 0 'powered off'
}

linux_begin
linux_initrd "$work/initrd" 'sh'
small 32
small 512
linux_end
