# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Test hosts that a test boots itself. PVHV_PAYLOAD is what they see as /pvhv. Sourced by the scripts of selftests/power, behind tap.sh:
#
#	power_boot PART [OPTION...]	becomes a test host (options of rig/host) that does that part of power/in-host
#	power_disk			makes the disk that its guest writes to; $disk_drive is QEMU's argument for it
#	power_until PID PATTERN FILE	waits until FILE shows that, as long as the host PID lives
#	power_kill PID			kills the QEMU of that host
#	power_reported			the number of the last file that the guest in $work/out was told to be on the disk
#	power_registers			asks QEMU's monitor ($monitor is its argument) for all CPUs, into $work/registers
#	power_field CPU REGISTER	its value there; EIP stands for RIP in a CPU that got an INIT and no start signal since
#	power_show			what the host said, for who looks for the cause

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
disk_drive="-drive file=$work/disk,format=raw,if=none,id=cut,cache=writethrough -device virtio-blk-pci,drive=cut,serial=cut"

monitor="-monitor unix:$work/mon,server=on,wait=off"

power_boot()
{
	exec "$tree/selftests/rig/host" --payload "$PVHV_PAYLOAD" --timeout 400 --cmd "bash selftests/power/in-host $1" "${@:2}"
}

power_disk()
{
	truncate -s 96M "$work/disk"
	mke2fs -q -t ext4 "$work/disk"
}

power_until()
{
	local i

	for ((i = 0; i < 3000; i++)); do
		! grep -qa "$2" "$3" || return 0
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

# All processes below that one whose name is QEMU's.
power_kill()
{
	local child

	for child in $(pgrep -P "$1"); do
		power_kill "$child"
		[[ $(cat "/proc/$child/comm" 2>/dev/null) != qemu-system* ]] || kill -KILL "$child"
	done
}

power_registers()
{
	"$tree/selftests/rig/monitor" "$work/mon" 'info registers -a' | grep -E 'CPU#|RIP=|EIP=|CR3=' >"$work/registers"
}

power_field() { sed -n "/^CPU#$1/,/^CPU#$(($1 + 1))/s/.*\b$2=\([0-9a-fA-F]*\).*/\1/p" "$work/registers" | head -n 1; }

power_reported() { tr -d '\r' <"$work/out" | sed -n 's/^synced \([0-9]*\)$/\1/p' | tail -n 1; }

power_show() { tail -n 40 "$work/out" "$work/err" | sed 's/^/# /'; }
