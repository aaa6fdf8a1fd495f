#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kexec into a kernel that starts two CPUs only: the other two, which were taken, do not run on its memory (row K9; core_kexec.sh
# does not see them, since its second kernel stops all CPUs before it starts them). QEMU's monitor shows where they are.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/power.sh"

# QEMU takes the timer of the kernel that boots away now and then; it says so, and ends (docs/debugging.md).
comes_up()
{
	local i

	for i in 1 2 3; do
		(power_boot beside --log "$work/log" --qemu "$monitor") >"$work/out" 2>"$work/err" &
		host=$!
		power_until $host '^second kernel on CPUs 0-1' "$work/out" && return
		wait $host
		grep -q 'rig: CPU [0-9]* has no timer' "$work/log" || break
	done
	power_show
	return 1
}

plan 3
if comes_up; then pass "another kernel comes up on two CPUs"; else fail "another kernel comes up on two CPUs"; fi
power_registers
for cpu in 2 3; do
	same "CPU $cpu waits for its start-up signal" 0000fff0 "$(power_field $cpu EIP)" || sed 's/^/# /' "$work/registers"
done
kill -TERM $host
wait $host
finish
