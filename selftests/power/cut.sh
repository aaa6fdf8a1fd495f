#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The power of the test host fails while a guest writes: QEMU is killed. In the next boot what the guest had been told to be
# on the disk is there.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/power.sh"

plan 4
power_disk
power_boot write --quiet --qemu "$disk_drive" >"$work/out" 2>"$work/err" &
host=$!
# The guest has written for a while, and goes on.
check "a guest writes to its disk" power_until $host '^synced 15' "$work/out" || power_show
power_kill $host
status=0
wait $host || status=$?
same "the power fails: the test host died" 125 $status
last=$(power_reported)
(power_boot "look ${last:-0}" --quiet --qemu "$disk_drive") >"$work/out" 2>"$work/err"
check "the next boot finds its file system sound" grep -q '^sound' "$work/out" || power_show
same "and all ${last:-0} files that were reported, whole" "${last:-none}" "$(sed -n 's/^whole: //p' "$work/out" | tr -d '\r')"
finish
