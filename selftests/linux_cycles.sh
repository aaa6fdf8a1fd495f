#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Load, take, boot Linux, power off, give, unload, again and again: the host is what it was.
#
#	CYCLES=100 ./linux_cycles.sh	that many instead of 10
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"
. "$(dirname "$0")/lib/hostmem.sh"

cycles=${CYCLES:-10}

cycle()
{
	insmod "$module" || return 1
	"$pvhv" cpu take 3 >"$work/take" 2>&1 || { cat "$work/take"; rmmod pvhv; return 1; }
	linux_start "$conf"
	linux_until $linux_patience '^# linux: end'
	linux_wait 60
	"$pvhv" cpu give 3 >"$work/take" 2>&1 || cat "$work/take"
	rmmod pvhv || return 1
	[ "$linux_status" = 0 ] && grep -q ' 0 differences' "$work/err" && return 0
	linux_show
	return 1
}

# repeat N: up to the first cycle that fails.
repeat()
{
	local i

	for ((i = 1; i <= $1; i++)); do
		cycle || { echo "in cycle $i"; return 1; }
	done
}

plan 7
work=$(mktemp -d)
dmesg -C
linux_initrd "$work/initrd" 'uname -r; cat /proc/uptime'
conf=$(linux_conf cycle "kernel = $linux_kernel" "initrd = $work/initrd" "memory = 64M" \
	"cmdline = console=hvc0 loglevel=7")
boot=$(cat /proc/sys/kernel/random/boot_id)
# Linux' own caches (slabs, per-CPU lists, page tables of modules) fill at first.
check "the first 3 guests come and go" repeat 3
slab=$(hostmem_field SUnreclaim) vmalloc=$(hostmem_field VmallocUsed)
from=$SECONDS
# A core's own memory is about 250 KiB, a guest's 64 MiB: the loss of either in each cycle would show.
check "and $cycles more, which do not shrink the host's memory" hostmem_rounds 1536 repeat "$cycles"
echo "# $((SECONDS - from)) s"
after=$(hostmem_field SUnreclaim)
check "nor have its slabs grown" hostmem_not_grown 1024 "$slab" "$after"
echo "# slabs: $slab KiB before, $after after"
after=$(hostmem_field VmallocUsed)
check "nor its vmalloc area" hostmem_not_grown 256 "$vmalloc" "$after"
echo "# vmalloc: $vmalloc KiB before, $after after"
same "it is the same boot" "$boot" "$(cat /proc/sys/kernel/random/boot_id)"
same "all CPUs are on line" 0-3 "$(cat /sys/devices/system/cpu/online)"
check "and it has nothing to complain of" host_is_calm
rm -rf "$work"
finish
