#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kexec with taken cores (row K9): they are stopped before the next kernel owns the memory
# that they run on; it comes up with all CPUs, and cores can be taken again.
# The second half of this test runs in the second kernel.
. "$(dirname "$0")/lib/tap.sh"

pvhv=/pvhv/bin/pvhv

load_next()
{
	kexec -l /pvhv/rig/vmlinuz --initrd=/pvhv/rig/initrd.img \
		--append="$(cat /proc/cmdline) rig.resume=$(basename "$0")"
}

first_kernel()
{
	plan 9
	check "the module loads" insmod /pvhv/pvhv.ko
	check "two cores are taken" $pvhv cpu take 2,3
	check "the next kernel is loaded" load_next
	sync
	kexec -e
	fail "kexec came back"
	$pvhv cpu give 2,3
	rmmod pvhv
	finish
}

second_kernel()
{
	tap_count=3
	tap_planned=9
	same "the second kernel has all CPUs" 0-3 "$(cat /sys/devices/system/cpu/online)"
	refute "the module is not loaded there" grep -q '^pvhv ' /proc/modules
	check "the module loads" insmod /pvhv/pvhv.ko
	check "the same cores can be taken" $pvhv cpu take 2,3
	check "and given back" $pvhv cpu give 2,3
	check "the module unloads" rmmod pvhv
	finish
}

if [ "${RIG_RESUMED:-0}" = 1 ]; then
	second_kernel
else
	first_kernel
fi
