#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A Linux guest with two CPUs works (memory, page tables, FPU, clocks, disk) while the host pauses it, pins its vCPUs to
# and fro, gives cores and takes them, and has it do without a vCPU for a while. ROUNDS: how often (2).
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"
. "$(dirname "$0")/lib/linux_shell.sh"

rounds=${ROUNDS:-2}
guest=move
cores=3

# of VCPU KEY: what the host says of it.
of() { "$pvhv" vcpus --json $guest | jq -r ".[$1].$2"; }

# Where the vCPUs are is noted each time that somebody looks.
is_on() { echo "$1 $(of "$1" cpu)" | tee -a "$work/seen" | grep -qx "$1 $2"; }
is_state() { [ "$(of "$1" state)" = "$2" ]; }
runs() { ! is_state "$1" down; }

# pin VCPU CPU: and there it goes.
pin() { "$pvhv" vcpu-pin $guest "$1" "$2" && until_true 20 is_on "$1" "$2"; }

pins()
{
	local a=$last_cpu b=$((last_cpu - 1)) c=$((last_cpu - 2))

	pin 0 $a && pin 1 $b && pin 0 $b && pin 1 $a && pin 0 $c && pin 1 $c && pin 0 $a && pin 1 $b &&
		"$pvhv" vcpu-pin $guest all any
}

pauses()
{
	local _

	for _ in 1 2 3; do
		"$pvhv" pause $guest && sleep 0.3 && "$pvhv" unpause $guest && sleep 0.2 || return 1
	done
}

# All cores but one go, each of them once the last that stays, and come back.
gives()
{
	local stays cpu

	for stays in $last_cpu $((last_cpu - 1)); do
		for cpu in $(seq $((last_cpu - cores + 1)) $last_cpu); do
			[ "$cpu" = "$stays" ] || "$pvhv" cpu give "$cpu" || return 1
		done
		sleep 0.3
		is_on 0 "$stays" && is_on 1 "$stays" || return 1
		for cpu in $(seq $((last_cpu - cores + 1)) $last_cpu); do
			[ "$cpu" = "$stays" ] || "$pvhv" cpu take "$cpu" || return 1
		done
	done
}

# The guest obeys, and says so itself.
plugs()
{
	"$pvhv" vcpu-set $guest 1 && until_true 30 is_state 1 down && guest_says 1 &&
		"$pvhv" vcpu-set $guest 2 && until_true 30 runs 1 && guest_says 2
}

# guest_says N: it counts that many CPUs on line.
guest_says()
{
	local n

	n=$(grep -ac '^cpus: ' "$work/out")
	linux_type $'cpus\n'
	until_true 20 eval "[ \$(grep -ac '^cpus: ' '$work/out') -gt $n ]" &&
		[ "$(tr -d '\r' <"$work/out" | sed -n 's/^cpus: //p' | tail -n 1)" = "$1" ]
}

linux_begin
take_cores $cores
same "$cores cores can be taken" $cores "$taken"
data=$(mktemp /var/tmp/data.XXXXXX)
truncate -s 32M "$data"
mke2fs -q -t ext4 "$data"
linux_initrd "$work/initrd" '
mount -t ext4 /dev/vda /mnt
section move /guest-tests move >/tmp/results &
while read -r line; do
	case $line in
	cpus) echo "cpus: $(nproc)" ;;
	off) break ;;
	esac
done
touch /tmp/stop
wait
cat /tmp/results
umount /mnt
echo "complaints: $(dmesg | grep -cE "WARNING|BUG|Oops|stall|I/O error|pvhv:.*(failed|refused|does not (go|start))")"
dmesg | grep -E -A20 "WARNING|BUG|Oops|stall|I/O error|pvhv:.*(failed|refused|does not (go|start))" | head -n 60' "$linux_dir/guest-tests"
linux_start "$(linux_conf $guest "kernel = $linux_kernel" "initrd = $work/initrd" 'memory = 128M' 'vcpus = 2' \
	'cmdline = console=hvc0 quiet' '' '[disk0]' "path = $data")"
check "the guest comes up" linux_until $linux_patience '^# linux: up'
for i in $(seq "$rounds"); do
	check "$i: it is pinned to one core after the other" pins
	check "$i: it is paused and goes on" pauses
	check "$i: cores go from under it and come back" gives
	check "$i: a vCPU goes down and up as the host asks" plugs
done
"$pvhv" vcpus $guest | sed 's/^/# /'
for v in 0 1; do
	# four pins a round, of which the first may find it there, and one core given that it is on
	check "vCPU $v moved at least $((rounds * 4)) times" [ "$(of $v migrations)" -ge $((rounds * 4)) ]
	same "it was on all $cores cores" $cores "$(grep "^$v " "$work/seen" | sort -u | wc -l)"
done
linux_type $'off\n'
linux_until 60 '^# linux: end' || true
linux_wait 60
linux_section move
check "the guest's kernel complains of nothing" grep -qa '^complaints: 0' "$work/out" ||
	sed -n '/^complaints:/,$p' "$work/out" | tr -d '\r' | sed 's/^/# /'
linux_ended $guest 0 'powered off'
check "its file system is clean" e2fsck -fn "$data"
rm -f "$data"
linux_end
