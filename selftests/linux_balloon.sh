#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The balloon of a busy Linux guest: cycles of 256, 64 and 256 MiB, then beyond what it started with; the audit after each
# finds 0 differences, and what it computes is right. CYCLES: how many (100 is the bar; fewer by default).
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"

cycles=${CYCLES:-8}
guest=balloon

# Writes, forks, page faults and page tables without end; each round is checked.
busy='
work() {
	rounds=0 wrong=0
	while :; do
		dd if=/dev/urandom of=/tmp/$1.a bs=64k count=32 2>/dev/null
		cp /tmp/$1.a /tmp/$1.b
		[ "$(md5sum </tmp/$1.a)" = "$(md5sum </tmp/$1.b)" ] || wrong=$((wrong + 1))
		[ "$(echo one two three | sed s/two/2/ | awk "{ print \$2 }")" = 2 ] || wrong=$((wrong + 1))
		rounds=$((rounds + 1))
		echo "$rounds $wrong" >/tmp/$1.done
	done
}
work one & work two &
while :; do
	read -r line
	case $line in
	off) break ;;
	state) echo "state: $(cat /tmp/one.done /tmp/two.done | tr "\n" " ")total $(sed -n "s/MemTotal: *\([0-9]*\) kB/\1/p" /proc/meminfo)" ;;
	esac
done
kill %1 %2
echo "complaints: $(dmesg | grep -cE "WARNING|BUG|Oops|stall|Killed process|pvhv:.*(failed|refused)")"
dmesg | grep -E -A20 "WARNING|BUG|Oops|stall|Killed process" | head -n 60
'

value() { "$pvhv" info "$guest" | awk -v key="$1" '$1 == key { print $2; exit }'; }

# has MiB: within the frames that the guest could not spare at once.
has() { [ "$(value memory)" = $(($1 << 10)) ] && [ "$(value pool)" = 0 ]; }

# resize MiB
resize()
{
	local end=$((SECONDS + 90))

	"$pvhv" mem-set "$guest" "$1M" || return 1
	until has "$1"; do
		[ $SECONDS -lt $end ] || { "$pvhv" info "$guest"; return 1; }
		sleep 0.1
	done
}

audits() { grep -c 'audit:' "$work/err"; }

cycle_all()
{
	local i n

	for ((i = 0; i < cycles; i++)); do
		resize 64 && resize 256 || return 1
		n=$(audits)
		kill -USR1 "$linux_pid"
		until [ "$(audits)" -gt "$n" ]; do sleep 0.1; done
		! grep -E ' [1-9][0-9]* differences' "$work/err" || return 1
	done
}

# The last state that the guest told: rounds and errors of both, its MemTotal.
state()
{
	local n

	n=$(grep -ac '^state: [0-9]' "$work/out")
	linux_type $'state\n'
	for _ in $(seq 300); do
		[ "$(grep -ac '^state: [0-9]' "$work/out")" -gt "$n" ] && break
		sleep 0.1
	done
	tr -d '\r' <"$work/out" | sed -n 's/^state: \([0-9].*\)/\1/p' | tail -n 1
}

linux_begin
linux_initrd "$work/initrd" "$busy"
linux_start "$(linux_conf $guest "kernel = $linux_kernel" "initrd = $work/initrd" 'memory = 256M' \
	'maxmemory = 320M' 'cmdline = console=hvc0 quiet')"
check "the guest comes up" linux_until $linux_patience '^# linux: up'
sleep 3
read -r rounds1 _ rounds2 _ _ total <<<"$(state)"
check "it works (${rounds1:-no} and ${rounds2:-no} rounds)" [ "${rounds1:-0}" -gt 0 -a "${rounds2:-0}" -gt 0 ]
check "$cycles cycles of 64 and 256 MiB, the audit clean after each" cycle_all
check "it grows beyond what it started with" resize 320
sleep 2
read -r more1 wrong1 more2 wrong2 _ larger <<<"$(state)"
check "it knows of its new memory (${total:-no} KiB, ${larger:-no} KiB)" [ "${larger:-0}" -gt $((${total:-0} + 32768)) ]
check "it went on working (${more1:-0} and ${more2:-0} rounds)" [ "${more1:-0}" -gt "${rounds1:-0}" -a "${more2:-0}" -gt "${rounds2:-0}" ]
same "nothing was wrong" '0 0' "$wrong1 $wrong2"
check "it reports what it has available" [ "$("$pvhv" info --json $guest | jq '.memory.guest_reports > 0 and .memory.guest_available_bytes > 0')" = true ]
linux_type $'off\n'
linux_wait 60
check "the guest's kernel complains of nothing" grep -qa '^complaints: 0' "$work/out"
linux_ended $guest 0 'powered off'
linux_end
