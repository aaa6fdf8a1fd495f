#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory of running guests: targets up and down, the host's floor, maxima beyond the machine, and
# frames on their way from one guest to another (B9, C3, H7, H8).
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"

floor=/sys/module/pvhv/parameters/host_reserve_mb
name=mem-balloon
elf=$guest_dir/$name/$name.elf
cycles=${CYCLES:-10}

# start NAME MEMORY MAXMEMORY VCPUS CMDLINE
start()
{
	printf '[guest]\nname = %s\nkernel = %s\nmemory = %s\nmaxmemory = %s\nvcpus = %s\n' \
		"$1" "$elf" "$2" "$3" "$4" >"$work/$1.conf"
	[ -z "$5" ] || echo "cmdline = $5" >>"$work/$1.conf"
	"$pvhv" run --audit --no-reboot "$work/$1.conf" </dev/null >"$work/$1.out" 2>"$work/$1.err" &
	echo $! >"$work/$1.pid"
}

# value NAME KEY: the first number behind that word in 'pvhv info'.
value() { "$pvhv" info "$1" | awk -v key="$2" '$1 == key { print $2; exit }'; }

# until_ SECONDS COMMAND...
until_()
{
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# has NAME MiB: the guest has so much, and the host has what is not its.
has()
{
	[ "$(value "$1" memory)" = $(($2 << 10)) ] && [ "$(value "$1" pool)" = 0 ]
}

resize() { "$pvhv" mem-set "$1" "$2M" && until_ 60 has "$1" "$2"; }

stop()
{
	local status=0

	kill -TERM "$(cat "$work/$1.pid")"
	wait "$(cat "$work/$1.pid")" || status=$?
	cp "$work/$1.out" "$work/out"
	fold "$1"
	same "$1: powers off" 0 $status || sed 's/^/# /' "$work/$1.err"
	check "$1: the audit finds 0 differences" grep -q ' 0 differences' "$work/$1.err"
	check "$1: printed all its results" complete
}

cycle_all()
{
	local i

	for ((i = 0; i < cycles; i++)); do
		resize follower 8 && resize follower 48 || return 1
		kill -USR1 "$(cat "$work/follower.pid")"
	done
}

audits_clean() { [ "$(grep -c ' 0 differences' "$work/follower.err")" -ge $((cycles / 2)) ] && ! grep -E ' [1-9][0-9]* differences' "$work/follower.err"; }

available() { awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo; }
came_back() { [ "$(available)" -ge "$1" ]; }

guests_begin
take_cores 2

# --- up, down, and the limits ---
start follower 16M 64M 1 ''
check "a guest starts with less than its maximum" until_ 20 has follower 16
check "its memory grows" resize follower 64
before=$(available)
check "and shrinks" resize follower 8
check "what it gave back is the host's" until_ 20 came_back $((before + 40))
check "$cycles cycles of 8 and 48 MiB" cycle_all
check "the audits between find 0 differences" audits_clean
refute "more than its maximum is refused" "$pvhv" mem-set follower 65M
"$pvhv" mem-set follower 65M 2>&1 | grep -q 'maximum' && pass "in words" || fail "in words"
refute "less than any guest has is refused" "$pvhv" mem-set follower 2M
refute "a guest that is not there" "$pvhv" mem-set nobody 32M
echo $(($(available) + 500)) >"$floor"
refute "the host's floor is not touched" "$pvhv" mem-set follower 64M
"$pvhv" mem-set follower 64M 2>&1 | grep -q 'keeps' && pass "it says so" || fail "it says so"
check "and nothing has changed" has follower 48
check "less is always possible" resize follower 16
echo 0 >"$floor"
check "with the floor as it was there is more again" resize follower 32

# --- maxima beyond the machine ---
start big1 16M 8G 1 ''
start big2 16M 8G 1 ''
check "guests whose maxima exceed the machine" until_ 30 has big1 16
check "the second one, too" until_ 30 has big2 16
stop big1
stop big2

# --- C3, B9: frames on their way, with a sibling that writes to them ---
start stale 48M 48M 2 stale
check "a guest with a hostile sibling" until_ 30 grep -q '^# fires' "$work/stale.out"
"$pvhv" mem-set stale 40M
for i in 1 2 3; do
	check "frames go from it to another guest ($i)" resize follower $((32 + 8 * i))
	check "and back" resize follower 8
done
check "it has given what it was asked for" until_ 60 has stale 40
stop stale
stop follower
check "the cores are alive" cores_alive
check "the host has nothing to complain of" host_is_calm
guests_end
