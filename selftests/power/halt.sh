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
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

halted()
{
	local i

	for ((i = 0; i < 1500; i++)); do
		! grep -q 'reboot: System halted' "$work/err" || return 0
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

# cr3 CPU: as QEMU shows it; 00000000 is a CPU that got an INIT and no start signal since.
cr3() { sed -n "/CPU#$1/,/CPU#$(($1 + 1))/s/.*CR3=\([0-9a-f]*\) .*/\1/p" "$work/err" | head -n 1; }

plan 3
"$tree/selftests/rig/host" --payload "$PVHV_PAYLOAD" --timeout 200 --cmd 'bash selftests/power/halt.sh inside' >"$work/out" 2>"$work/err" &
host=$!
check "the host halts while a core is taken" halted $host || tail -n 40 "$work/out" "$work/err" | sed 's/^/# /'
# what would start late has time for it
sleep 3
# it shows the CPUs' registers
kill -TERM $host
wait $host
check "its boot core stands in Linux" [ $((16#$(cr3 0))) != 0 ]
same "the taken core does not run" 0 "$((16#$(cr3 3)))"
finish
