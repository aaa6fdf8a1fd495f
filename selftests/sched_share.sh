#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Shares of the cores, as the host measures them: by weight, of what others leave,
# against games and storms; caps, pause, pins; cores that come and go under load; warp; the second policy.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"

names=()
declare -A pids

# start NAME VARIANT [KEY = VALUE ...]: a guest that loads a core.
start()
{
	local name=$1 conf=$work/$1.conf line

	{
		echo "[guest]"
		echo "name = $name"
		echo "kernel = $guest_dir/load/load.elf"
		echo "memory = 8M"
		echo "cmdline = $2"
		for line in "${@:3}"; do echo "$line"; done
	} >"$conf"
	"$pvhv" run --audit --no-reboot "$conf" </dev/null >"$work/$name.out" 2>"$work/$name.err" &
	pids[$name]=$!
	names+=("$name")
}

# All have printed their first line.
started()
{
	local name i

	for name in "${names[@]}"; do
		for i in $(seq 100); do
			! grep -q '^# runs' "$work/$name.out" || continue 2
			sleep 0.3
		done
		echo "# $name did not start"
		sed 's/^/# /' "$work/$name.err"
		return 1
	done
}

# When, and what each guest has had until then: a line of seconds and JSON for each. One
# after the other: with many guests the last one's turn comes a second after the first one's.
# Asked again if the answer took so long that 'when' says little.
snapshot()
{
	local name t i out

	for name in "${names[@]}"; do
		for i in 1 2 3 4 5; do
			t=$EPOCHREALTIME
			out=$("$pvhv" vcpus --json "$name" | tr -d '\n')
			[ $((${EPOCHREALTIME/./} - ${t/./})) -ge 100000 ] || break
		done
		echo "$t $out"
	done >"$1"
}

# measure SECONDS
measure()
{
	snapshot "$work/before"
	sleep "$1"
	snapshot "$work/after"
	python3 - "$work/before" "$work/after" "$1" "${names[@]}" >"$work/shares" <<'PY'
import json, sys
seconds = float(sys.argv[3])
def sample(line):
    when, vcpus = line.split(" ", 1)
    return float(when), sum(v["run_ns"] for v in json.loads(vcpus)) / 1e9
before = [sample(l) for l in open(sys.argv[1])]
after = [sample(l) for l in open(sys.argv[2])]
# of a core, by the guest's own clock of samples
rate = [(a[1] - b[1]) / (a[0] - b[0]) for a, b in zip(after, before)]
for name, r in zip(sys.argv[4:], rate):
    print(name, r / max(1e-9, sum(rate)), r * seconds)
PY
	sed 's/^/# share, seconds: /' "$work/shares"
}

# share NAME OPERATOR VALUE: of all that guests ran.
share()
{
	awk -v n="$1" -v op="$2" -v v="$3" '$1 == n {
		exit !(op == "<=" ? $2 <= v : $2 >= v) }' "$work/shares"
}

# near NAME SHARE PART: within that part of it.
near() { share "$1" ">=" "$(awk "BEGIN { print $2 * (1 - $3) }")" && share "$1" "<=" "$(awk "BEGIN { print $2 * (1 + $3) }")"; }

# All end when asked, and their frames are sound.
stop_all()
{
	local name status bad=0

	for name in "${names[@]}"; do kill -TERM "${pids[$name]}"; done
	sleep 1
	for name in "${names[@]}"; do
		! "$pvhv" list | grep -qw "$name" || [ ! -e "$work/$name.off" ] || "$pvhv" destroy "$name"
		status=0
		wait "${pids[$name]}" || status=$?
		if [ $status != 0 ] && [ ! -e "$work/$name.off" ]; then
			echo "# $name ended with $status"
			bad=1
		fi
		grep -q ' 0 differences' "$work/$name.err" || { echo "# $name: $(tail -n 2 "$work/$name.err")"; bad=1; }
	done
	names=()
	return $bad
}

# test_weights N WEIGHT...: N guests with these weights in turn.
test_weights()
{
	local n=$1 i sum=0 weights=("${@:2}") w=()

	for i in $(seq 0 $((n - 1))); do
		w[i]=${weights[i % ${#weights[@]}]}
		start "w$i" busy "weight = ${w[i]}"
		sum=$((sum + w[i]))
	done
	check "$n guests start" started
	# who ran too long while the host was busy with the starts (a late timer) has paid it back by then
	sleep 5
	measure 10
	for i in $(seq 0 $((n - 1))); do
		near "w$i" "$(awk "BEGIN { print ${w[i]} / $sum }")" 0.05 || break
	done
	check "$n busy guests share a core by weight, within 5 %" near "w$i" "$(awk "BEGIN { print ${w[i]} / $sum }")" 0.05
	stop_all
	check "$n guests end, audits clean" [ $? = 0 ]
}

test_idle()
{
	start idle idle
	for i in 0 1 2; do start "b$i" busy; done
	started
	measure 10
	check "of four guests one idles: the first other has a third, within 2 %" near b0 0.33333 0.02
	check "the second, too" near b1 0.33333 0.02
	check "the third, too" near b2 0.33333 0.02
	stop_all
	check "they end" [ $? = 0 ]
}

# A player beside two honest ones: it gains no 5 %, and they keep what is theirs.
test_game()
{
	start a busy
	start b busy
	start "$1" "$1"
	started
	measure 10
	check "$1 gains no 5 %" share "$1" "<=" 0.35
	check "beside $1 the others keep 90 % of their share" share a ">=" 0.3
	[ "$1" != off ] || touch "$work/off.off"
	stop_all
	check "$1 and its neighbours end" [ $? = 0 ]
	rm -f "$work"/*.off
}

seconds_of() { awk -v n="$1" '$1 == n { print int($3 * 1000) }' "$work/shares"; }

test_controls()
{
	start a busy "cap = 30"
	start b busy
	started
	measure 10
	check "a cap of 30 % of a core holds, within 5 %" near a 0.3 0.05
	check "the cap goes, a weight comes" "$pvhv" sched a --cap 0 --weight 768
	measure 10
	check "three quarters for three times the weight" near a 0.75 0.05
	check "pause" "$pvhv" pause a
	check "the list says so" sh -c "'$pvhv' list | grep -w a | grep -q paused"
	refute "it is not paused twice" "$pvhv" pause a
	measure 3
	check "a paused guest does not run" share a "<=" 0
	check "unpause" "$pvhv" unpause a
	measure 3
	check "and then it does" share a ">=" 0.5
	refute "weight 0 is refused" "$pvhv" sched a --weight 0
	refute "a CPU that is not taken is refused" "$pvhv" vcpu-pin a all 1
	stop_all
	check "they end" [ $? = 0 ]
}

test_cores()
{
	local i

	for i in 0 1 2 3; do start "m$i" busy; done
	started
	check "a second core is taken while they run" take_cores 2
	sleep 3
	measure 10
	for i in 0 1 2 3; do check "m$i has a quarter of two cores, within 5 %" near "m$i" 0.25 0.05; done
	check "the guests use both cores" [ "$(awk '{ s += $3 } END { print (s > 15) }' "$work/shares")" = 1 ]
	check "m0 is pinned to the first core" "$pvhv" vcpu-pin m0 all $last_cpu
	refute "which it alone may run on: it does not go" "$pvhv" cpu give $last_cpu
	check "m0 may run anywhere" "$pvhv" vcpu-pin m0 all any
	for i in 1 2 3 4 5; do
		"$pvhv" cpu give $((last_cpu - 1)) && sleep 0.3 && "$pvhv" cpu take $((last_cpu - 1)) || break
	done
	check "the second core went and came five times under load" [ "$i" = 5 ]
	check "it goes" "$pvhv" cpu give $((last_cpu - 1))
	taken=1
	measure 5
	for i in 0 1 2 3; do check "m$i has a quarter of one core, within 5 %" near "m$i" 0.25 0.05; done
	refute "the last core does not go" "$pvhv" cpu give $last_cpu
	stop_all
	check "all end, audits clean" [ $? = 0 ]
}

# Two cores and weights that cannot be spread over them evenly: they change places.
test_cores_weights()
{
	local name

	take_cores 2
	start big busy "weight = 768"
	start small1 busy "weight = 512"
	start small2 busy "weight = 512"
	check "guests of weights 3, 2 and 2 start" started
	# as in test_weights
	sleep 5
	measure 10
	check "of two cores the one of weight 3 has 3 of 7 parts, within 5 %" near big 0.42857 0.05
	for name in small1 small2; do check "$name has 2 of 7 parts, within 5 %" near $name 0.28571 0.05; done
	check "and the cores are theirs" [ "$(awk '{ s += $3 } END { print (s > 15) }' "$work/shares")" = 1 ]
	stop_all
	check "they end, audits clean" [ $? = 0 ]
	check "the second core goes" "$pvhv" cpu give $((last_cpu - 1))
	taken=1
}

# wait_us NAME SECONDS: how long it waited for each time that it came on a core.
wait_us()
{
	local before

	before=$("$pvhv" vcpus --json "$1" | tr -d '\n')
	sleep "$2"
	{ echo "$before"; "$pvhv" vcpus --json "$1" | tr -d '\n'; } | python3 -c '
import json, sys
before, after = (json.loads(line)[0] for line in sys.stdin)
print((after["ready_ns"] - before["ready_ns"]) // max(1, after["switches"] - before["switches"]) // 1000)'
}

# Who is within its share, but ahead of it in its bursts, waits then; unless it is warped.
test_warp_wait()
{
	local plain warped i

	start waker burst "weight = 16"
	for i in 0 1 2; do start "b$i" busy; done
	check "one with bursts starts beside three busy ones" started
	plain=$(wait_us waker 10)
	check "it is warped" "$pvhv" sched waker --warp 200000
	warped=$(wait_us waker 10)
	check "it waits less than half as long then ($warped us, before $plain us)" \
		[ -n "$warped" -a "$((2 * ${warped:-0}))" -lt "${plain:-0}" ]
	check "the warp goes" "$pvhv" sched waker --warp 0
	plain=$(wait_us waker 10)
	check "and it waits again ($plain us)" [ "$((2 * warped))" -lt "${plain:-0}" ]
	stop_all
	check "they end" [ $? = 0 ]
}

# A warp of 10 s of virtual time is the core for so long, if nothing limits it.
test_warp_limit()
{
	local i

	for i in a b c; do start $i busy; done
	check "three busy guests start" started
	check "one is warped by much, for little time" "$pvhv" sched a --warp 10000000 --warp-limit 1000 --unwarp 100000
	measure 10
	check "its share is as before, within 5 %" near a 0.33333 0.05
	check "it is warped without a limit" "$pvhv" sched a --warp 10000000
	measure 3
	check "and has the core" share a ">=" 0.8
	stop_all
	check "they end" [ $? = 0 ]
}

# load_with PARAMETER...: the module anew, with a core.
load_with()
{
	while [ "$taken" -gt 0 ]; do
		taken=$((taken - 1))
		"$pvhv" cpu give $((last_cpu - taken)) || return 1
	done
	rmmod pvhv && insmod "$module" "$@" && take_cores 1
}

policy_is() { "$pvhv" sched "$1" | grep -q "^policy  $2\$"; }

# Round robin knows no weights.
test_round_robin()
{
	check "the module loads with sched=rr" load_with sched=rr
	start light busy "weight = 64"
	start heavy busy "weight = 512"
	check "two guests start" started
	check "their policy is rr" policy_is light rr
	measure 10
	check "the light one has half of the core, within 5 %" near light 0.5 0.05
	stop_all
	check "they end" [ $? = 0 ]
	check "the module loads without a policy" load_with
	start light busy "weight = 64"
	check "a guest starts" started
	check "and is bvt's again" policy_is light bvt
	stop_all
	check "it ends" [ $? = 0 ]
}

test_no_policy()
{
	check "the core goes back" "$pvhv" cpu give $last_cpu
	taken=0
	check "the module unloads" rmmod pvhv
	refute "it does not load with a policy that is not there" insmod "$module" sched=nonsense
	check "and says which there are" sh -c 'dmesg | grep "pvhv: .*nonsense" | grep bvt | grep -q rr'
	check "it loads" insmod "$module"
	take_cores 1
	check "with a core" [ "$taken" = 1 ]
}

guests_begin
test_weights 2 64 128
test_weights 8 64 128 256 512
# A stay is some 5 ms: with the least share of a hundredth one more or less in these 10 s is 5 % already.
test_weights "${SCHED_MANY:-32}" 128 256
test_idle
for game in edge short yield hypercalls events timers off; do test_game "$game"; done
test_controls
test_warp_wait
test_warp_limit
test_cores
test_cores_weights
test_round_robin
test_no_policy
check "the host has nothing to complain of" host_is_calm
guests_end
