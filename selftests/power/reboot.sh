#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The host reboots, then powers off, while a guest writes (row K9): the guest is ended and its core stopped, nobody complains, the
# machine goes down by itself, and in the next boot what the guest had been told to be on the disk is there.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/power.sh"

complaint='WARNING: |BUG: |Oops|general protection fault|rcu.*(stall|detected)|soft lockup|blocked for more than|unable to handle|Kernel panic'

# found: what the boot that has just ended found on the disk, of the $last files before.
found()
{
	check "$1: the next boot finds the file system sound" grep -q '^sound' "$work/out" || power_show
	same "$1: and all ${last:-0} files that were reported, whole" "${last:-none}" "$(sed -n 's/^whole: //p' "$work/out" | tr -d '\r')"
}

# goes_down HOW WORDS LAST: the test host looks at the files up to LAST (none: -1), then a guest writes, and it goes down.
goes_down()
{
	local status=0

	(power_boot "down $1 ${3:--1}" --log "$work/log" --qemu "$disk_drive") >"$work/out" 2>"$work/err" || status=$?
	same "$1: the machine goes down by itself" 125 $status || power_show
	check "$1: the guest is ended" grep -q 'pvhv: domain .* has ended: the host goes down' "$work/log" || power_show
	check "$1: its core is stopped" grep -q 'pvhv: all taken cores are stopped' "$work/log"
	check "$1: Linux is at its end" grep -q "reboot: $2" "$work/log"
	refute "$1: nobody complains" grep -aE "$complaint" "$work/log"
}

plan 14
power_disk
goes_down reboot 'Restarting system'
last=$(power_reported)
goes_down poweroff 'Power down' "$last"
found reboot
last=$(power_reported)
(power_boot "look ${last:-0}" --quiet --qemu "$disk_drive") >"$work/out" 2>"$work/err"
found poweroff
finish
