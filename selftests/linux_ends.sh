#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The ways a Linux guest can end, each with its status and its reason: reboot,
# panic, halt, the host's request, SIGKILL of init.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"

# Which end: the word behind end= in the command line.
script='for word in $(cat /proc/cmdline); do
	case $word in
	end=reboot) reboot -f ;;
	end=halt) halt -f ;;
	end=panic) echo c >/proc/sysrq-trigger ;;
	end=init) exit 7 ;;
	end=request) echo "# waits"; while true; do sleep 1; done ;;
	esac
done'

begin_end()
{
	local conf

	conf=$(linux_conf "$1" "kernel = $linux_kernel" "initrd = $work/initrd" "memory = 64M" \
		"cmdline = console=hvc0 quiet end=$1")
	linux_start "$conf"
	check "$1: the guest comes up" linux_until $linux_patience '^# linux: up'
}

linux_begin
linux_initrd "$work/initrd" "$script"
while IFS='|' read -r end status text console; do
	begin_end "$end"
	linux_wait 60
	linux_ended "$end" "$status" "$text"
	[ -z "$console" ] ||
		check "$end: its console tells why" grep -qa "$console" "$work/out" || linux_show
done <<'END'
reboot|3|ended: reboot|
panic|4|ended: .*panic|Kernel panic - not syncing: sysrq triggered crash
halt|8|ended: halted|
init|4|ended: .*panic|Kernel panic - not syncing: Attempted to kill init
END
begin_end request
linux_until 60 '^# waits'
kill -TERM "$linux_pid"
linux_wait 60
check "request: its user land was asked" grep -qa '^# asked to power off' "$work/out"
linux_ended request 0 'powered off'
linux_end
