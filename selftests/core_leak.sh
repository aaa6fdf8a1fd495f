#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Load, take, give, unload, again and again: the host's memory is as it was.
. "$(dirname "$0")/lib/tap.sh"

cycles=15
pvhv=/pvhv/bin/pvhv

cycle()
{
	insmod /pvhv/pvhv.ko &&
		$pvhv cpu take 1-3 >/dev/null &&
		$pvhv cpu give 1-3 >/dev/null &&
		rmmod pvhv
}

cycles()
{
	local i

	for ((i = 0; i < $1; i++)); do cycle || return 1; done
}

# KiB that are used for anything but caches and the lists of free pages of each CPU.
used()
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

not_grown() { echo "$2 KiB before, $3 after"; [ $(($3 - $2)) -lt "$1" ]; }

plan 3
# Linux' own caches (slabs, per-CPU lists, page tables of modules) fill at first.
check "cores are taken and given in the first cycles" cycles 5
before=$(used)
check "and in $cycles more" cycles $cycles
after=$(used)
# A core's own memory is about 250 KiB: the loss of one in each cycle would be 4 MiB.
check "the host's memory has not shrunk" not_grown 1536 "$before" "$after"
echo "# $before KiB used before, $after after"
finish
