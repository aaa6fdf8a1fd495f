# SPDX-License-Identifier: GPL-2.0
#
# Runs test guests of selftests/guest on a taken core and folds their results
# into one list. Sourced, behind tap.sh:
#
#	guests_begin
#	guests_run basic-hello a4-ports ...
#	guests_end
#
# Beside main.c a folder may have a file 'settings' (shell):
#	runs=('VARIANT|EXIT|TEXT|ACTION' ...)	one run each: the guest's command line, the exit status of
#		'pvhv run' (0 powered off, 5 killed), a pattern (grep) for what it says about the end; what
#		the user does to it: nothing, 'destroy SECONDS' (status 6), 'kill SECONDS' (SIGKILL for its process: 137)
#	vcpus, memory, maxmemory (MiB), seconds	of each run
#	victim=0	no other guest beside it. Beside all others that have one core, one computes and uses its disk on
#		the same core (see guest/victim), from the first to the last run: its results are right, and it gets what
#		its weight owes it. victim=1: it is there for a guest of several cores, too, on one of these
#	busy=N	so many of its vCPUs ever run; all of them unless said
#	loses=PERCENT	so much of its share that one may lose; 10 unless said
#	weight=N	the guest's; 256 unless said, the other one's is 32, so that it takes little time
#	disk=MiB	it has a disk of that size
#	net=1	it has a routed network interface, 10.76.0.2
#	cores=N	takes that many
#	nmi=MICROSECONDS	the host sends all taken cores an NMI that often, all the time
#
# After each run the core must be alive, the audit clean, the domain gone, the
# host's log without complaint.

. "$(dirname "${BASH_SOURCE[0]}")/hostmem.sh"

guest_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../guest" && pwd)
pvhv=${PVHV:-/pvhv/bin/pvhv}
module=${PVHV_MODULE:-/pvhv/pvhv.ko}
nmi_module=$guest_dir/../fail/pvhv_nmi.ko
complaint='WARNING: |BUG: |Oops|general protection fault|rcu.*(stall|detected)|soft lockup|blocked for more than|unable to handle|double fault'
our_complaint='pvhv: .*(core [0-9]+ (is )?(lost|panicked)|could not be)'
last_cpu=3
# KiB that the host may use more at the end: loop, dm, file systems and networks fill caches of their own once.
memory_slack=16384
slab_slack=8192
victim_weight=32	# in guest/victim/main.c, too

guests_begin()
{
	echo "TAP version 13"
	work=$(mktemp -d)
	taken=0
	dmesg -C
	insmod "$module" || { echo "Bail out! the module does not load"; exit 1; }
	take_cores 1 || { echo "Bail out! no core can be taken"; rmmod pvhv; exit 1; }
	used_before=$(hostmem_used) slabs_before=$(hostmem_field SUnreclaim)
}

# take_cores N: N cores are taken then, from the last CPU downwards.
take_cores()
{
	while [ "$taken" -lt "$1" ]; do
		"$pvhv" cpu take $((last_cpu - taken)) >"$work/take" 2>&1 || { sed 's/^/# /' "$work/take"; return 1; }
		taken=$((taken + 1))
	done
}

# After a lost core: the next guest shall have a fresh one.
renew_cores()
{
	local n=$taken

	victim_drop
	while [ "$taken" -gt 0 ]; do
		taken=$((taken - 1))
		"$pvhv" cpu give $((last_cpu - taken)) 2>&1 | sed 's/^/# /'
	done
	take_cores "$n"
	dmesg -C
	lines_before=0
}

# Numbers that the cores count while they are alive.
heartbeats() { "$pvhv" --json cpu list 2>/dev/null || "$pvhv" cpu list --json; }

cores_alive()
{
	local before after

	before=$(heartbeats | grep -o '"heartbeat":[ ]*[0-9]*') || return 1
	sleep 0.7
	after=$(heartbeats | grep -o '"heartbeat":[ ]*[0-9]*') || return 1
	[ -n "$before" ] && [ -z "$(comm -12 <(sort <<<"$before") <(sort <<<"$after"))" ] &&
		! "$pvhv" cpu list | grep -qiE 'lost|panic'
}

host_is_calm()
{
	! dmesg | grep -v 'pvhv: ' | grep -E "$complaint" && ! dmesg | grep -E "$our_complaint"
}

# Interrupts by notifications so far, and the processor time of a thread.
doorbells() { awk '/pvhv-doorbell/ { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) n += $i } END { print n + 0 }' /proc/interrupts; }
thread_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

our_lines() { dmesg | grep -c 'pvhv: '; }
# 10 in each period of 5 s, and those on the end.
few_lines() { [ $(($(our_lines) - lines_before)) -le $((((SECONDS - began) / 5 + 1) * 10 + 4)) ]; }

# make_conf NAME VARIANT: prints the path of its configuration.
make_conf()
{
	local conf=$work/$1.conf

	{
		echo "[guest]"
		echo "kernel = $guest_dir/$1/$1.elf"
		echo "memory = ${memory}M"
		echo "vcpus = $vcpus"
		echo "weight = ${weight:-256}"
		[ "${cores:-1}" != 1 ] || echo "cores = $last_cpu"
		[ "$maxmemory" = 0 ] || echo "maxmemory = ${maxmemory}M"
		[ -z "$2" ] || echo "cmdline = $2"
		if [ "$disk" != 0 ]; then
			truncate -s "${disk}M" "$work/$1.img"
			echo "[disk0]"
			echo "path = $work/$1.img"
		fi
		[ "$net" = 0 ] || printf '%s\n' '[net0]' 'address = 10.76.0.2/24'
	} >"$conf"
	echo "$conf"
}

# fold NAME [FILE]: a guest's own lines become ours.
fold()
{
	local name=$1 line text

	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		'ok '*'# SKIP'*)
			text=${line#ok * - }
			skip "$name: ${text%% # SKIP*}" "${text##*# SKIP }" ;;
		'ok '*) pass "$name: ${line#ok * - }" ;;
		'not ok '*) fail "$name: ${line#not ok * - }" ;;
		1..*) ;;
		?*) echo "# ${line#\# }" ;;
		esac
	done <"${2:-$work/out}"
}

# The close of its file may still be at work.
gone()
{
	local i

	for i in 1 2 3 4 5 6 7 8 9 10; do
		"$pvhv" list | grep -qw -- "$1" || return 0
		sleep 0.5
	done
	"$pvhv" list
	return 1
}

# The plan stands at the end of what the guest prints: it got there, and no line is missing.
complete()
{
	local plan

	plan=$(tr -d '\r' <"$work/out" | sed -n 's/^1\.\.\([0-9]*\)$/\1/p' | tail -n 1)
	[ -n "$plan" ] && [ "$plan" = "$(grep -cE '^(not )?ok ' "$work/out")" ]
}

after_run()
{
	local name=$1 want=$2 text=$3 got=$4

	same "$name: ends with status $want" "$want" "$got" || sed 's/^/# /' "$work/err"
	[ "${action% *}" = kill ] ||
		check "$name: the end is explained by '$text'" grep -qE -- "$text" "$work/err"
	# of one that is killed just before
	check "$name: the audit finds 0 differences" grep -qE ' 0 differences' "$work/err"
	check "$name: its domain is gone" gone "${name%% *}"
	check "$name: printed all its results" complete
	check "$name: the cores are alive" cores_alive || renew_cores
	check "$name: the host has nothing to complain of" host_is_calm
	check "$name: at most 10 lines in 5 s in the host's log" few_lines
}

# The victim stays through all runs, asleep but for those that it watches; 'in' is a descriptor for its console's input.
victim_pid='' victim_in=''

victim_start()
{
	local memory=16 maxmemory=0 vcpus=1 disk=1 net=0 cores=1 weight=$victim_weight

	mkfifo "$work/victim.in"
	exec {victim_in}<>"$work/victim.in"
	: >"$work/victim.out"
	"$pvhv" run --audit --no-reboot "$(make_conf victim '')" \
		<"$work/victim.in" >"$work/victim.out" 2>"$work/victim.err" &
	victim_pid=$!
	victim_says '^# computes' 0 && return
	fail "the victim starts"
	victim_drop
}

# victim_says PATTERN LINES: it did, behind so many lines.
victim_says()
{
	local end=$((SECONDS + 20))

	until tail -n +$(($2 + 1)) "$work/victim.out" | grep -q "$1"; do
		[ $SECONDS -lt $end ] && kill -0 "$victim_pid" 2>/dev/null || return 1
		sleep 0.02
	done
}

# victim_ask WORD...: it has answered; victim.last has what it said.
victim_ask()
{
	local lines

	lines=$(wc -l <"$work/victim.out")
	echo "$*" >&"$victim_in"
	victim_says "^# answers $*" "$lines" || return 1
	tail -n +$((lines + 1)) "$work/victim.out" >"$work/victim.last"
}

# victim_begin WEIGHTS: the sum of all weights on its core.
victim_begin()
{
	[ -n "$victim_pid" ] || victim_start
	victim_ask begin "$1" "$loses"
}

# Ends it without a question; the next one who needs it has a new one.
victim_drop()
{
	[ -n "$victim_pid" ] || return 0
	sed 's/^/# victim: /' "$work/victim.err"
	kill -KILL "$victim_pid" 2>/dev/null
	wait "$victim_pid" 2>/dev/null
	victim_close
}

victim_close()
{
	exec {victim_in}>&-
	rm -f "$work/victim.in"
	victim_pid=''
}

# victim_check LABEL: what it says of the run.
victim_check()
{
	if [ -z "$victim_pid" ] || ! victim_ask end; then
		fail "$1: the victim answers"
		victim_drop
		return
	fi
	fold "$1: the victim" "$work/victim.last"
	# nobody audits what a process took with it; its neighbour's frames tell of what it left there
	if [ "${action% *}" = kill ]; then
		audit_now "$victim_pid" "$work/victim.err"
		check "$1: the audit of the victim finds 0 differences" only_clean_audits
	fi
}

only_clean_audits()
{
	grep -q ' 0 differences' "$work/victim.err" &&
		! grep ' differences' "$work/victim.err" | grep -v ' 0 differences'
}

victim_end()
{
	local status=0

	[ -n "$victim_pid" ] || return 0
	kill -TERM "$victim_pid"
	wait "$victim_pid" || status=$?
	same "the victim powers off" 0 $status || sed 's/^/# /' "$work/victim.err"
	check "the audit of its frames finds 0 differences" only_clean_audits
	victim_close
}

nmi_start()
{
	insmod "$nmi_module" period="$nmi" apicid="$(heartbeats | grep -o '"apicid":[ ]*[0-9]*' |
		grep -o '[0-9]*$' | paste -sd,)"
}

nmi_stop()
{
	local sent

	sent=$(cat /sys/module/pvhv_nmi/parameters/sent)
	check "$1: NMIs were sent" [ "${sent:-0}" -ge 1000 ]
	rmmod pvhv_nmi
}

# audit_now PID FILE: 'pvhv run' PID recounts its guest's frames while that runs, and has said so in FILE.
audit_now()
{
	local end=$((SECONDS + 20)) before

	before=$(grep -c ' differences' "$2")
	kill -USR1 "$1"
	while [ "$(grep -c ' differences' "$2")" = "$before" ] && [ $SECONDS -lt $end ]; do sleep 0.05; done
}

run_guest()
{
	local conf

	conf=$(make_conf "$1" "$2")
	lines_before=$(our_lines) began=$SECONDS
	if [ "${action% *}" = kill ]; then
		"$pvhv" run "$conf" </dev/null >"$work/out" 2>"$work/err" &
		sleep "${action#* }"
		audit_now $! "$work/err"
		kill -KILL $!
		wait $! 2>/dev/null
		return
	fi
	timeout -k 5 -s INT "$seconds" "$pvhv" run --audit --no-reboot "$conf" \
		</dev/null >"$work/out" 2>"$work/err" &
	if [ "${action% *}" = destroy ]; then
		sleep "${action#* }"
		"$pvhv" destroy "$1" 2>&1 | sed 's/^/# /'
	fi
	wait $!
}

run_one()
{
	local name=$1 variant=$2 want=$3 text=$4 label=$1 status=0

	[ -z "$variant" ] || label="$name $variant"
	[ "$victim" = 0 ] ||
		victim_begin $((victim_weight + weight * ((${busy:-$vcpus} + cores - 1) / cores)))
	[ "$nmi" = 0 ] || nmi_start
	run_guest "$name" "$variant" || status=$?
	[ "$nmi" = 0 ] || nmi_stop "$label"
	fold "$label"
	[ "$victim" = 0 ] || victim_check "$label"
	after_run "$label" "$want" "$text" $status
}

guests_run()
{
	local name run variant want text action lines_before began

	# the host does nothing but run them
	memory_slack=8192 slab_slack=2048
	for name; do
		local runs=('|0|powered off') vcpus=1 memory=16 maxmemory=0 seconds=60 victim='' disk=0 net=0 cores=1 nmi=0
		local weight=256 loses=10 busy=''

		[ ! -f "$guest_dir/$name/settings" ] || . "$guest_dir/$name/settings"
		[ -n "$victim" ] || victim=$((cores == 1))
		if ! take_cores "$cores"; then
			fail "$name: needs $cores cores"
			continue
		fi
		for run in "${runs[@]}"; do
			IFS='|' read -r variant want text action <<<"$run"
			run_one "$name" "$variant" "$want" "$text"
		done
	done
}

guests_end()
{
	victim_end
	used_after=$(hostmem_used) slabs_after=$(hostmem_field SUnreclaim)
	echo "# $used_before KiB were used before, $used_after after; slabs: $slabs_before, $slabs_after"
	check "the memory of all guests came back" hostmem_not_grown $memory_slack "$used_before" "$used_after"
	check "so did the kernel's objects" hostmem_not_grown $slab_slack "$slabs_before" "$slabs_after"
	while [ "$taken" -gt 0 ]; do
		taken=$((taken - 1))
		check "core $((last_cpu - taken)) goes back" "$pvhv" cpu give $((last_cpu - taken))
	done
	check "the module unloads" rmmod pvhv
	rm -rf "$work"
	echo "1..$tap_count"
	tap_planned=$tap_count
	finish
}
