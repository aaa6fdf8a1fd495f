#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The test host halts in the midst of a take: no core runs on, though it would have started only after the cores had been stopped.
# QEMU's monitor shows where the CPUs are. Both halves of the test are here: 'halt.sh inside' runs in the host.
set -u
tree=$(cd "$(dirname "$0")/../.." && pwd)

# Halts (reboot(2), 169) as soon as CPU 3 is off line: cpu take goes on behind it.
inside()
{
	insmod /pvhv/pvhv.ko
	perl -e '$| = 1;
		print "ready\n";
		do { open F, "<", "/sys/devices/system/cpu/online"; $online = <F>; } while ($online =~ /3/);
		syscall 169, 0xfee1dead, 672274793, 0xcdef0123, 0' | {
		read -r _
		/pvhv/bin/pvhv cpu take 3
		sleep 60
	}
}

if [ "${1:-}" = inside ]; then
	inside
	exit
fi

. "$tree/selftests/lib/tap.sh"
. "$tree/selftests/lib/power.sh"

# Linux stands for good: halted with interrupts off.
halted()
{
	local i flags

	for ((i = 0; i < 100; i++)); do
		sleep 1
		kill -0 "$1" 2>/dev/null || return 1
		power_registers
		flags=$(power_field 0 RFL)
		[ "$(power_field 0 HLT)" != 1 ] || [ $((16#${flags:-200} & 0x200)) != 0 ] || return 0
	done
	return 1
}

plan 3
"$tree/selftests/rig/host" --payload "$PVHV_PAYLOAD" --timeout 200 --cmd 'bash selftests/power/halt.sh inside' \
	--qemu "$monitor" >"$work/out" 2>"$work/err" &
host=$!
check "the host halts while a core is taken" halted $host || tail -n 40 "$work/out" "$work/err" | sed 's/^/# /'
check "the take went on behind that" grep -q 'pvhv: core 3 taken' "$work/err"
same "the taken core does not run" 0000fff0 "$(power_field 3 EIP)" || sed 's/^/# /' "$work/registers"
kill -TERM $host
wait $host
finish
