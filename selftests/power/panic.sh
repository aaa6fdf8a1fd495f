#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The host panics while guests run (row K10): their cores are stopped, by the panic notifier, and where a crash kernel is loaded
# before that runs; it comes up and can read the dump.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/power.sh"

monitor=$work/monitor

# registers CPU: QEMU's view of it.
registers()
{
	"$tree/selftests/rig/monitor" "$monitor" 'info registers -a' | tr -d '\r' | sed -n "/^CPU#$1\$/,/[ER]IP=/p"
}

# Where a CPU stands after an INIT, until a start-up signal comes: the reset vector, halted. Linux may have to come to it.
waits_for_startup()
{
	local i

	for ((i = 0; i < 10; i++)); do
		registers "$1" >"$work/registers"
		! grep -q '^EIP=0000fff0 .*HLT=1' "$work/registers" || return 0
	done
	cat "$work/registers"
	return 1
}

# panics NAME PART [OPTION...]
panics()
{
	power_boot "crash $2" --qemu "-monitor unix:$monitor,server=on,wait=off" "${@:3}" >"$work/out" 2>"$work/err" &
	host=$!
	check "$1: a guest runs on each of two cores" power_until $host '^they run' "$work/out" || power_show
	check "$1: the host panics" power_until $host 'Kernel panic - not syncing' "$work/err" || power_show
	check "$1: core 2 is stopped" waits_for_startup 2
	check "$1: core 3 is stopped" waits_for_startup 3
}

dumps()
{
	local status=0

	panics "$1" "$2" --append 'crashkernel=256M' --mem 1G
	wait $host || status=$?
	check "$1: it starts" grep -q '^crash kernel' "$work/out" || power_show
	same "$1: it goes on to its end" 0 $status || power_show
	check "$1: the dump is complete" grep -q '^complete' "$work/out" || power_show
	check "$1: what was in the host's memory is in it" grep -q '^memory' "$work/out" || power_show
}

plan 12
panics "panic" alone
power_kill $host
wait $host
dumps "crash kernel" dumped
finish
