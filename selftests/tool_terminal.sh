#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 'pvhv console' on a guest that runs elsewhere: what is typed reaches it, Ctrl-] leaves it alone;
# and 'pvhv log', which shows the module's lines and nobody else's.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"

# until_says FILE PATTERN: waits until it has such a line.
until_says()
{
	local i

	for ((i = 0; i < 300; i++)); do
		! grep -qa "$2" "$1" || return 0
		sleep 0.1
	done
	sed 's/^/# /' "$1"
	return 1
}

# A terminal with 'pvhv console' on it, fed from descriptor 8; what it shows is in $work/screen.
console_open()
{
	rm -f "$work/typed" "$work/screen"
	mkfifo "$work/typed"
	exec 8<>"$work/typed"
	script -qfec "$pvhv console serve" "$work/screen" <"$work/typed" >/dev/null 2>&1 7>&- 8>&- &
	console_pid=$!
}

# The status of 'pvhv console' is in $left.
console_left()
{
	left=0
	wait $console_pid || left=$?
	exec 8>&-
}

log_field() { "$pvhv" log --json | grep -o "\"$1\":[^,}]*"; }
log_has() { "$pvhv" log --json | grep -q "$1"; }

guests_begin
vcpus=1 memory=16 maxmemory=0 disk=0 net=0
mkfifo "$work/keys"
exec 7<>"$work/keys"
"$pvhv" run --audit --no-reboot "$(make_conf serve '')" <"$work/keys" >"$work/out" 2>"$work/err" 7>&- &
run_pid=$!
check "the guest runs" until_says "$work/out" '^ready'

console_open
check "a console on it opens" until_says "$work/screen" 'leaves it'
printf 'echo first words\n' >&8
check "what is typed reaches the guest" until_says "$work/screen" '^first words'
printf '\035' >&8
console_left
same "Ctrl-] leaves it" 0 $left
check "the guest goes on" kill -0 $run_pid
console_open
check "another console opens" until_says "$work/screen" 'leaves it'
printf 'echo second words\n' >&8
check "on the same guest" until_says "$work/screen" '^second words'
printf 'off\n' >&8
console_left
same "which ends with the guest" 0 $left
check "and says so" grep -qa "guest 'serve' has ended" "$work/screen"
status=0
wait $run_pid || status=$?
same "the guest powered off" 0 $status || sed 's/^/# /' "$work/err"
exec 7>&-

check "the log has the taken core" log_has "pvhv: core $last_cpu taken"
check "and the guest's end" log_has "pvhv: .*serve.*powered off"
echo "pvhv: nobody's words" >/dev/kmsg
refute "but not what a process wrote into the kernel's log" log_has "nobody"
refute "nor lines of others" grep -qv '"pvhv: ' <(log_field text | sed 's/^"text":[ ]*//')
"$pvhv" log --follow >"$work/follow" &
follow_pid=$!
check "--follow begins with the lines there are" until_says "$work/follow" "core $last_cpu taken"
take_cores 2
check "and goes on with new ones" until_says "$work/follow" "core $((last_cpu - 1)) taken"
kill $follow_pid
wait $follow_pid 2>/dev/null
guests_end
