#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The bill adds up: what guests ran, idle time and the hypervisor's own are the core's time, within 1 %;
# a vCPU's run, ready and blocked time are its life; devices and calls are counted; a guest's flushes cost another core nothing.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"

seconds=10

# start NAME FOLDER CMDLINE
start()
{
	printf '[guest]\nname = %s\nkernel = %s\nmemory = 16M\n' "$1" "$guest_dir/$2/$2.elf" >"$work/$1.conf"
	[ -z "$3" ] || echo "cmdline = $3" >>"$work/$1.conf"
	"$pvhv" run --no-reboot "$work/$1.conf" </dev/null >"$work/$1.out" 2>"$work/$1.err" &
}

# say EXPRESSION: of d, the JSON on stdin.
say() { python3 -c 'import json, sys; d = json.load(sys.stdin); print('"$1"')'; }

runs() { "$pvhv" list | grep -qw -- "$1"; }

guests_begin
for g in one two; do start $g victim ''; done
start idle serve ''
for _ in $(seq 50); do runs one && runs two && runs idle && break; sleep 0.2; done
sleep 1
"$pvhv" top --json -n 1 -d $seconds >"$work/top"
"$pvhv" top --batch -n 1 -d 0.1 | sed 's/^/# /'

sum=$(say 'd["cores"][0]["run"] + d["cores"][0]["idle"] + d["cores"][0]["hypervisor"]' <"$work/top")
guests=$(say 'sum(g["cpu"] for g in d["guests"])' <"$work/top")
core=$(say 'd["cores"][0]["run"]' <"$work/top")
echo "# of the core's time: guests' sum $guests, core's own count $core, all $sum"
# within A B LIMIT
within() { awk -v a="$1" -v b="$2" -v l="$3" 'BEGIN { d = a - b; exit !(d <= l && d >= -l) }'; }
check "guests, idle and hypervisor are the core's time within 1 %" within "$sum" 1 0.01
# The hypervisor's time is what is left of the core's: all that is forgotten lands there.
used=$(say 'd["cores"][0]["run"] + d["cores"][0]["idle"]' <"$work/top")
check "all but 5 % of the host's time is guests' or idle, and none twice" awk "BEGIN { exit !($used > 0.95 && $used < 1.01) }"
check "the guests' bills are the core's count within 1 %" within "$guests" "$core" 0.01
check "they did run" awk "BEGIN { exit !($guests > 0.1) }"

now_ms() { echo $(($(date +%s%N) / 1000000)); }
# the readings lie between these times
t0=$(now_ms)
before=$("$pvhv" info --json one)
t1=$(now_ms)
sleep 5
t2=$(now_ms)
after=$("$pvhv" info --json one)
t3=$(now_ms)
life='sum(d["vcpu"][0][k] for k in ("run_ns", "ready_ns", "blocked_ns")) // 1000000'
lived=$(($(say "$life" <<<"$after") - $(say "$life" <<<"$before")))
check "a vCPU's run, ready and blocked time are its life ($lived ms in $((t2 - t1)) to $((t3 - t0)))" \
	[ $lived -ge $((t2 - t1 - 100)) -a $lived -le $((t3 - t0 + 100)) ]
check "its calls are counted by kind" [ "$(say 'sum(d["vcpu"][0]["hypercalls_by_kind"].values()) == d["vcpu"][0]["hypercalls"] > 0' <<<"$after")" = True ]
check "the sums of the guest are those of its vCPU" [ "$(say 'd["run_ns"] <= d["vcpu"][0]["run_ns"] < d["run_ns"] + 10 ** 9' <<<"$after")" = True ]
check "virtual time goes on" [ "$(say 'd["vcpu"][0]["run_ns"]' <<<"$after")" -gt "$(say 'd["vcpu"][0]["run_ns"]' <<<"$before")" ]
for g in one two idle; do "$pvhv" destroy $g; done
wait

# Flushes of a guest's TLBs are nothing to a core that runs another guest: no IPI has it leave that.
exits() { "$pvhv" info --json busy | say 'd["vcpu"][0]["exits"]'; }
flushes() { "$pvhv" info --json flush | say 'd["vcpu"][0]["hypercalls_by_kind"]["mmu_op"]'; }
# exits_meanwhile: of the busy guest, in two seconds
exits_meanwhile() { local n; n=$(exits); sleep 2; echo $(($(exits) - n)); }
take_cores 2
start flush load flushes
start busy load busy
for _ in $(seq 50); do runs flush && runs busy && break; sleep 0.2; done
"$pvhv" vcpu-pin flush all $last_cpu && "$pvhv" vcpu-pin busy all $((last_cpu - 1))
"$pvhv" pause flush
alone=$(exits_meanwhile)
"$pvhv" unpause flush
flushed=$(flushes)
beside=$(exits_meanwhile)
flushed=$(($(flushes) - flushed))
check "a guest flushes its TLBs, $flushed times" [ $flushed -gt 2000 ]
check "another one, on another core, does not notice ($alone exits alone, $beside beside it)" [ "$alone" -gt 0 -a "$beside" -lt $((2 * alone + flushed / 10)) ]
for g in flush busy; do "$pvhv" destroy $g; done
wait

# a disk's bill: 20 pages there and back, and a request that is refused
truncate -s 4M "$work/disk.img"
printf '[guest]\nname = disk\nkernel = %s\nmemory = 16M\n[disk0]\npath = %s\n' \
	"$guest_dir/serve/serve.elf" "$work/disk.img" >"$work/disk.conf"
mkfifo "$work/in"
"$pvhv" run --no-reboot "$work/disk.conf" <"$work/in" >"$work/out" 2>"$work/err" &
exec 9>"$work/in"
echo 'disk 20' >&9
for _ in $(seq 100); do grep -q 'disk done' "$work/out" && break; sleep 0.1; done
check "a guest uses its disk" grep -q 'disk done, 0 wrong' "$work/out"
same "it is on its bill: requests, bytes each way, errors" '41 81920 81920 1' \
	"$("$pvhv" info --json disk | say '" ".join(str(d["vdev"][0][k]) for k in ("requests", "bytes_in", "bytes_out", "errors"))')"
echo off >&9
exec 9>&-
wait
guests_end
