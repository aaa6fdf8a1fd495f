#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A guest boots from a bzImage with an initrd, gets its command line and
# all of its memory.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"

words='one=1 two="a b" three=%d'
linux_begin
head -c 3000000 /dev/urandom >"$work/ballast"
linux_initrd "$work/initrd" \
	'echo "release: $(uname -r)"
	echo "cmdline: $(cat /proc/cmdline)"
	echo "memory: $(sed -n "s/^MemTotal: *\([0-9]*\) kB/\1/p" /proc/meminfo)"
	echo "ballast: $(sha256sum </ballast)"
	echo "complaints: $(dmesg | grep -cE "WARNING|BUG|Oops")"' "$work/ballast"
conf=$(linux_conf bzimage "kernel = /pvhv/guest/bzImage" "initrd = $work/initrd" "memory = 96M" \
	"cmdline = console=hvc0 quiet $words")
linux_start "$conf"
check "the guest comes up" linux_until $linux_patience '^# linux: up'
linux_wait 60
tr -d '\r' <"$work/out" >"$work/text"
check "its kernel is ours" grep -q '^release: 6\.1\..*pvhv' "$work/text"
check "it has its command line" grep -qxF "cmdline: console=hvc0 quiet $words" "$work/text"
check "its initrd is whole" grep -qxF "ballast: $(sha256sum <"$work/ballast")" "$work/text"
memory=$(sed -n 's/^memory: //p' "$work/text")
check "the kernel itself takes less than 32 of 96 MiB (${memory:-no} KiB are left)" \
	[ "${memory:-0}" -gt $((64 << 10)) -a "${memory:-0}" -lt $((96 << 10)) ]
check "it complains of nothing" grep -qx 'complaints: 0' "$work/text"
linux_ended bzimage 0 'powered off'
linux_end
