#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The power of the test host fails while a guest writes: QEMU is killed. In the next boot what the guest had been told to be
# on the disk is there. Runs beside the test host, not in it: PVHV_PAYLOAD is what the host sees as /pvhv.
tree=$(cd "$(dirname "$0")/../.." && pwd)
. "$tree/selftests/lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# boot PART: the test host with the disk, and what it does (in-host).
boot()
{
	exec "$tree/selftests/rig/host" --quiet --payload "$PVHV_PAYLOAD" --timeout 400 --cmd "bash selftests/power/in-host $1" \
		--qemu "-drive file=$work/disk,format=raw,if=none,id=cut,cache=writethrough -device virtio-blk-pci,drive=cut,serial=cut"
}

# All processes below this one whose name is QEMU's.
kill_qemu()
{
	local child

	for child in $(pgrep -P "$1"); do
		kill_qemu "$child"
		[[ $(cat "/proc/$child/comm" 2>/dev/null) != qemu-system* ]] || kill -KILL "$child"
	done
}

# The guest has written for a while, and goes on.
writes()
{
	local i

	for ((i = 0; i < 3000; i++)); do
		! grep -qa '^synced 15' "$work/out" || return 0
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

plan 4
truncate -s 96M "$work/disk"
mke2fs -q -t ext4 "$work/disk"
boot write >"$work/out" 2>"$work/err" &
host=$!
check "a guest writes to its disk" writes $host || tail -n 40 "$work/out" "$work/err" | sed 's/^/# /'
kill_qemu $host
status=0
wait $host || status=$?
same "the power fails: the test host died" 125 $status
last=$(tr -d '\r' <"$work/out" | sed -n 's/^synced \([0-9]*\)$/\1/p' | tail -n 1)
(boot "look ${last:-0}") >"$work/look" 2>"$work/err"
check "the next boot finds its file system sound" grep -q '^sound' "$work/look" || tail -n 40 "$work/look" "$work/err" | sed 's/^/# /'
same "and all ${last:-0} files that were reported, whole" "${last:-none}" "$(sed -n 's/^whole: //p' "$work/look" | tr -d '\r')"
finish
