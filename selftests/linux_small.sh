#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A guest of 32 MiB boots to a shell that runs what is typed; what the hypervisor
# needs for a guest is at most 1 % of its memory and 1 MiB. It sees the host's wall clock, also when that is stepped.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"

# It is read on the host before and after: what the guest says lies between, but for the second that a step may take.
wall_clock()
{
	local name=$1 step before after said

	for step in 0 86400 -86400; do
		before=$(date +%s)
		if [ "$step" != 0 ]; then
			date -s "@$((before + step))" >/dev/null
			before=$((before + step))
			sleep 2
		fi
		linux_type "echo \"clocks $step: \$(cut -d. -f1 /sys/kernel/pvhv/wall_clock) \$(cat /sys/class/rtc/rtc0/since_epoch)\""$'\n'
		check "$name: reads the wall clock" linux_until 60 "^clocks $step: "
		after=$(date +%s)
		said=$(tr -d '\r' <"$work/out" | sed -n "s/^clocks $step: //p")
		check "$name: it is the host's, and so is its real-time clock ($said, from $before to $after)" \
			between "$before" "$((after + 1))" $said
	done
}

# between LEAST MOST NUMBER...: two of them.
between()
{
	[ $# = 4 ] && [ "$3" -ge "$1" ] && [ "$3" -le "$2" ] && [ "$4" -ge "$1" ] && [ "$4" -le "$2" ]
}

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
	[ "$memory" = 32 ] || wall_clock "$name"
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
