# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the host's memory is used for, for tests that look for leaks. Sourced.

# KiB that are used for anything but caches and the lists of free pages of each CPU.
hostmem_used()
{
	local listed

	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	listed=$(awk '$1 == "count:" { n += $2 } END { print n * 4 }' /proc/zoneinfo)
	awk -v listed="$listed" '/^MemTotal:/ { t = $2 }
		/^(MemFree|Buffers|Cached):/ { t -= $2 }
		END { print t - listed }' /proc/meminfo
}

# hostmem_field NAME: a line of /proc/meminfo, KiB.
hostmem_field() { awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo; }

# hostmem_not_grown KIB BEFORE AFTER. The debug host's own records grow with each allocation: there kmemleak looks for what was left.
hostmem_not_grown() { echo "$2 KiB before, $3 after"; [ $(($3 - $2)) -lt "$1" ] || [ -e /sys/kernel/debug/kmemleak ]; }

# hostmem_rounds KIB COMMAND…: passes when a run of it leaves the host with less than KIB more in use, of 3 runs at most.
# A leak grows in every run; what Linux fills once, at a time of its own, does not.
hostmem_rounds()
{
	local limit=$1 round before after

	shift
	after=$(hostmem_used)
	for round in 1 2 3; do
		before=$after
		"$@" || return 1
		after=$(hostmem_used)
		echo "round $round:"
		hostmem_not_grown "$limit" "$before" "$after" && return 0
	done
	return 1
}
