#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tool as it is shipped, without the module: usage, errors, JSON; then on
# fake_module.so, which plays module and guest: exit codes, signals, console.
cd "$(dirname "$0")" || exit 1
. ../lib/tap.sh

tool=$PWD/../../userspace/pvhv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/calls

# what COMMAND prints on stderr, in $err, and its status in $status
try()
{
	status=0
	"$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

# says NAME STATUS WORD...: the last try ended so, and its error has the words
says()
{
	local name=$1 want=$2 w
	shift 2

	if [ "$status" != "$want" ]; then
		same "$name" "status $want" "status $status ($err)"
		return
	fi
	for w in "$@"; do
		if [[ $err != *"$w"* ]]; then
			same "$name" "...$w..." "$err"
			return
		fi
	done
	pass "$name"
}

json() { python3 -c "import json,sys; d=json.load(sys.stdin); print($1)"; }

fake()
{
	: >"$log"
	timeout 20 env LD_PRELOAD="$PWD/build/fake_module.so" FAKE_LOG="$log" "$@"
}

# conf [LINE...]: a guest file with a generated kernel
conf()
{
	printf '%s\n' '[guest]' 'name = g' "kernel = $work/kernel" 'memory = 16' "$@" >"$work/g.conf"
}

build/mkkernel "$work/kernel"
truncate -s 1M "$work/disk.img"
plan 53

# --- without the module ---
if [ -e /dev/pvhv ]; then
	for n in 'doctor' 'doctor --json' 'cpu take' 'list --json'; do skip "$n without module" 'it is loaded'; done
else
	try "$tool" doctor
	same 'doctor without the module says no and how to load it' "1 yes" \
		"$status $([[ $out == *"not loaded"*modprobe* ]] && echo yes)"
	try "$tool" doctor --json
	same 'doctor --json is JSON' 'False module no' \
		"$(json "d['ok'], d['checks'][0]['name'], d['checks'][0]['status']" <"$work/out" | tr -d "(),'")"
	try "$tool" cpu take 3
	says 'cpu take without the module' 1 'not loaded' modprobe
	try "$tool" list --json
	says 'list without the module' 1 'not loaded'
fi

try "$tool"
says 'no command' 2 Usage doctor run
try "$tool" frobnicate
says 'unknown command' 2 frobnicate doctor
try "$tool" --help
same 'help' '0 yes' "$status $([[ $out == *doctor*console* ]] && echo yes)"
try "$tool" run
says 'run without a file' 2 'guest file'
try "$tool" run --frob x
says 'an unknown option' 2 frob
try "$tool" cpu take
says 'cpu take without CPUs' 2 'which CPUs'
try "$tool" cpu take 2-
says 'cpu take with a broken list' 2 "'2-'"
try "$tool" cpu give --split-smt 2
says 'cpu give has no --split-smt' 2
try "$tool" list --follow
says 'list has no --follow' 2
try "$tool" info
says 'info without a guest' 2 missing
try "$tool" log --json --follow
says 'log: JSON does not follow' 2 follow
try "$tool" run "$work/none.conf"
says 'a missing guest file' 1 none.conf 'No such file'
conf 'cpus = 2'
try "$tool" run "$work/g.conf"
says 'an unknown key' 1 "g.conf:5" cpus vcpus cores

# --- doctor, cores, lists on the fake ---
FAKE_BAD='' try fake "$tool" doctor
same 'doctor with a warning is content' 0 "$status"
FAKE_BAD=doctor try fake "$tool" doctor --json
same 'doctor with a no is not' '1 False no' \
	"$status $(json "d['ok'], d['checks'][2]['status']" <"$work/out" | tr -d "(),'")"
FAKE_BAD=version try fake "$tool" list
says 'a module of another version' 1 'ABI version 2' 'this tool 1'
try fake "$tool" cpu take 5,7 8-9
same 'cpu take: lists and ranges in one call' 'take 5 of 3a0' "$(cat "$log")"
try fake "$tool" cpu take --split-smt 5
same 'cpu take --split-smt' 'take 5 of 20 split' "$(cat "$log")"
FAKE_BAD_CPU=5 try fake "$tool" cpu take 5 7-9
says 'which refuses with a reason' 1 'these CPUs' 'last one of the host'
try fake "$tool" cpu give 5-6
same 'cpu give' 'give 5 of 60' "$(cat "$log")"
FAKE_CORES=25 try fake "$tool" cpu list --json
same 'cpu list --json' '[2, 5] alive' \
	"$(json "[c['cpu'] for c in d], d[0]['state']" <"$work/out" | sed "s/^(//; s/, 'alive')/ alive/")"
try fake "$tool" list --json
same 'list --json' 'other 7 running 33554432' \
	"$(json "' '.join(str(d[0][k]) for k in ('name', 'id', 'state', 'memory_bytes'))" <"$work/out")"
try fake "$tool" info other --json
same 'info by name' 99 "$(json "d['hypercalls']" <"$work/out")"
try fake "$tool" info 7
same 'info by number' 0 "$status"
try fake "$tool" info nobody
says 'info of nobody' 1 nobody 'pvhv list'
same 'info: memory, vCPUs, devices' '16777216 20971520 4194304, 2 notify 99, disk 4096' \
	"$(fake "$tool" info other --json | json "' '.join(str(d['memory'][k + '_bytes']) for k in ('now', 'target', 'pool')) + ', %d notify %d, %s %d' % (len(d['vcpu']), d['vcpu'][1]['hypercalls_by_kind']['notify'], d['vdev'][0]['kind'], d['vdev'][0]['bytes_in'])")"
try fake "$tool" mem-set other 24M
same 'mem-set' '0 mem-set 7 6144' "$status $(paste -sd, "$log")"
try fake "$tool" mem-set other 64M
says 'mem-set: what the module refuses' 1 '65536 KiB' 'at most 32 MiB'
try fake "$tool" mem-set other much
says 'mem-set: no size' 2 much
try fake "$tool" mem-auto --interval 0
says 'mem-auto: no interval' 2 seconds
FAKE_CORES=25 try fake "$tool" top --batch -n 1 -d 0.1
same 'top --batch' '0 2 1' \
	"$status $(grep -cE '^ *[25]  alive' "$work/out") $(grep -cE '^ *7  other +running' "$work/out")"
FAKE_CORES=25 try fake "$tool" top --json -n 2 -d 0.1
same 'top --json: an object per refresh' '2 [2, 5] other 16777216' \
	"$(wc -l <"$work/out") $(tail -n 1 "$work/out" | json "'%s %s %d' % ([c['cpu'] for c in d['cores']], d['guests'][0]['name'], d['guests'][0]['memory_bytes'])")"
try fake "$tool" top -n 0
says 'top: no count' 2 refreshes
try fake "$tool" destroy other
same 'destroy' 'destroy 7' "$(paste -sd, "$log")"

# --- run ---
conf
try fake "$tool" run "$work/g.conf"
says 'run without a taken core says which to take' 1 'pvhv cpu take' 'no core'
export FAKE_CORES=3
conf 'cores = 2'
try fake "$tool" run "$work/g.conf"
says 'run on a core that is not taken' 1 'CPU 2' 'pvhv cpu take 2'
conf '[disk0]' "path = $work/none.img"
try fake "$tool" run "$work/g.conf"
same 'a missing disk is found before a domain is made' '1 0' "$status $(grep -c create "$log")"
conf
sed -i 's/memory = 16/memory = 4/' "$work/g.conf"
try fake "$tool" run "$work/g.conf"
says 'too little memory' 1 'too little' 'at least 5 MiB'

conf 'vcpus = 2' 'cores = 3' '[disk0]' "path = $work/disk.img" 'serial = abc' \
	'[disk1]' "path = $work/disk.img" 'readonly = yes' '[rng]'
FAKE_GUEST=poweroff try fake "$tool" run "$work/g.conf"
same 'the calls of a whole life' \
	'create g 4096 pages 2 vcpus,disk rw abc,disk ro ,start rip ffffffff80200100 cores 8 vdevs 3' \
	"$(paste -sd, "$log")"
same 'the guest prints on stdout, the tool on stderr' \
	"0 hello from the guest pvhv: guest 'g' has ended: powered off" "$status $out $err"

conf
codes=
for g in poweroff reboot panic killed destroyed core-lost halt; do
	FAKE_GUEST=$g try fake "$tool" run --no-reboot "$work/g.conf"
	codes="$codes$status "
done
same 'exit codes by reason' '0 3 4 5 6 7 8 ' "$codes"
FAKE_GUEST=killed try fake "$tool" run "$work/g.conf"
says 'the reason is in the message' 5 'killed: triple fault at 0x1234'
FAKE_GUEST=reboot-once try fake "$tool" run "$work/g.conf"
same 'a reboot builds the guest again' '0 2' "$status $(grep -c create "$log")"
for b in create start disk; do
	conf '[disk0]' "path = $work/disk.img"
	FAKE_BAD=$b try fake "$tool" run "$work/g.conf"
	bad="$bad$status$([[ $err == *64\ MiB* || $err == *frame\ 5* || $err == *domain\ 3* ]] && echo y) "
done
same 'what the module refuses is told in its words' '1y 1y 1y ' "$bad"
FAKE_GUEST=poweroff FAKE_BAD=audit try fake "$tool" run --audit "$work/g.conf"
says 'an audit that finds something' 9 '1 differences'
conf

out=$(printf 'abc\nquit\n' | FAKE_GUEST="echo" fake "$tool" run "$work/g.conf" 2>/dev/null)
same 'input reaches the guest' yes "$([[ $out == *'abc'*'quit'* ]] && echo yes)"

# background GUEST: runs it with a stdin that stays open, waits for its first line
background()
{
	FAKE_GUEST=$1 LD_PRELOAD=$PWD/build/fake_module.so FAKE_LOG=$log \
		"$tool" run "$work/g.conf" <"$work/fifo" >"$work/out" 2>"$work/err" &
	pid=$!
	exec 9>"$work/fifo"
	for _ in $(seq 100); do
		grep -q hello "$work/out" && return
		sleep 0.05
	done
}

ended() { status=0; wait "$pid" || status=$?; exec 9>&-; }

mkfifo "$work/fifo"
: >"$log"
background echo
kill -TERM $pid
ended
same 'SIGTERM asks the guest to power off' '0 yes' \
	"$status $(grep -q 'powering off' "$work/out" && echo yes)"
: >"$log"
background deaf
kill -TERM $pid
for _ in $(seq 100); do grep -q 'asked' "$work/err" && break; sleep 0.05; done
kill -0 $pid && alive=yes
kill -TERM $pid
ended
same 'a guest that does not hear ends at the second' 'yes 6 request,end' \
	"$alive $status $(grep -v -e create -e start -e winsize "$log" | paste -sd,)"
if command -v script >/dev/null; then
	: >"$log"
	{ sleep 1; printf 'x\035'; sleep 1; printf '\035'; sleep 1; } |
		FAKE_GUEST=deaf LD_PRELOAD=$PWD/build/fake_module.so FAKE_LOG=$log \
		script -qec "$tool run $work/g.conf" "$work/typescript" >/dev/null
	same 'Ctrl-] on a terminal: asks, then ends' 'input x request end' \
		"$(grep -o '^input.*' "$log") $(grep -E '^(request|end)' "$log" | paste -sd' ')"
else
	skip 'Ctrl-] on a terminal' 'no script(1) here'
fi
finish
