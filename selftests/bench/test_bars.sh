#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is over its bar fails, and is named: 'hundred-bars' and 'report.pl', fed with figures.
. "$(dirname "$0")/../lib/tap.sh"

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# hundred GUESTS SHARE KIB MS PERCENT ERRORS: its words are in $work/out
hundred()
{
	printf 'F %s %s\n' beyond_guest_kib "$3" host_shell_ms_worst "$4" share_error_percent "$5" io_errors "$6" |
		"$here/hundred-bars" "$1" "$2" >"$work/out"
}

# over NAME COMMAND...: it fails, and that row is the only one that it names.
over()
{
	! "${@:2}" && [ "$(grep -c '^E ' "$work/out")" = 1 ] && grep -q "^E $1 " "$work/out"
}

# report NATIVE GUEST FORK: the row getppid natively and in a guest, and fork_exit (100 natively) in the guest.
report()
{
	printf 'R getppid %s 1 9 us 3 9\nR fork_exit 100 1 9 us 3 9\n' "$1" >"$work/native.wall"
	printf 'R getppid %s 1 9 us 3 9\nR fork_exit %s 1 9 us 3 9\n' "$2" "$3" >"$work/guest.wall"
	perl "$here/report.pl" "$work" "$work/json" >"$work/out"
}

missed() { ! report "${@:2}" && [ "$(tail -n 1 "$work/out")" = "missed: $1" ]; }

plan 17
check "a hundred guests at their bars" hundred 100 10 1536 1000 5.0 0
check "memory over its bar" over beyond_guest_kib hundred 100 10 1537 1000 5.0 0
check "the host's shell over its bar" over host_shell_ms_worst hundred 100 10 1536 1001 5.0 0
check "the shares over their bar" over share_error_percent hundred 100 10 1536 1000 5.1 0
check "one error" over io_errors hundred 100 10 1536 1000 5.0 1
check "a row that is not there" over host_shell_ms_worst hundred 100 10 1536 '' 5.0 0
check "few guests have no bar for memory, few seconds none for shares" hundred 99 9 2000 1000 50 0
check "but one for the host's shell" over host_shell_ms_worst hundred 99 9 2000 1001 50 0
check "rows that hold their bars" report 1 1 100
check "one that does not" missed 'getppid (wall)' 1 9 100
check "two that do not" missed 'getppid (wall), fork_exit (wall)' 1 9 900
check "one that the guest did not print" missed 'getppid (wall)' 1 '' 100
check "the figures are written all the same" grep -q '"name":"fork_exit"' "$work/json"
echo 'timer asleep 900 49000 80000' >"$work/timers.timers"
check "timers within 50 us" report 1 1 100
echo 'timer asleep 900 51000 80000' >"$work/timers.timers"
check "and beyond" missed 'asleep (timers)' 1 1 100
rm "$work/timers.timers"
printf 'path vcpu_switch_among_%s %s 3\n' 2 3000 128 6000 >"$work/paths"
check "a switch among many for twice the one among two" report 1 1 100
printf 'path vcpu_switch_among_%s %s 3\n' 2 3000 128 6001 >"$work/paths"
check "and for more" missed 'vcpu_switch_among (paths)' 1 1 100
rm "$work/paths"
finish
