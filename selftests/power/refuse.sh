#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Test hosts that lack what pvhv needs: 'pvhv doctor' says what, with the remedy, and a take is refused in the same words
# and leaves the CPU on line. Both halves of the test are here: 'refuse.sh inside' runs in the hosts.
# Not here, for QEMU's emulation has no such machine: Xen, SEV, SME, TDX, Jailhouse, an APIC mode of other hardware.
set -u
tree=$(cd "$(dirname "$0")/../.." && pwd)
. "$tree/selftests/lib/tap.sh"
pvhv=/pvhv/bin/pvhv

# --- in the host ---

# no CHECK REMEDY: the doctor's line.
no() { "$pvhv" doctor | grep -E "^no +$1 .*$2"; }

# The take gives the words of one of these lines.
same_words()
{
	local said

	said=$("$pvhv" cpu take "$1" 2>&1) && return 1
	echo "$said"
	"$pvhv" doctor | grep '^no ' | grep -qF " ${said#*CPU "$1": }"
}

# inside CPU WORDS LACK...: what the doctor says without the module; what this host lacks, CHECK/REMEDY each.
inside()
{
	local cpu=$1 online lack
	shift

	online=$(cat /sys/devices/system/cpu/online)
	check "the doctor says so without the module" no '(cpu|cores)' "$1"
	shift
	insmod /pvhv/pvhv.ko
	refute "with the module it finds the host unfit" "$pvhv" doctor
	for lack; do
		check "no ${lack%%/*}, and what to do" no "${lack%%/*}" "${lack#*/}"
	done
	check "CPU $cpu is not taken, for the same reason" same_words "$cpu"
	same "it is on line" "$online" "$(cat /sys/devices/system/cpu/online)"
	check "the module unloads" rmmod pvhv
	[ $tap_failed = 0 ]
}

if [ "${1:-}" = inside ]; then
	shift
	inside "$@"
	exit
fi

# --- beside the host ---

# host NAME 'OPTIONS OF rig/host' CPU WORDS LACK...
host()
{
	local name=$1 options=$2 status=0 line
	shift 2

	# shellcheck disable=SC2086
	"$tree/selftests/rig/host" --payload "$PVHV_PAYLOAD" $options \
		--cmd "bash selftests/power/refuse.sh inside $(printf '%q ' "$@")" >"$work/out" 2>"$work/err" || status=$?
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		'ok '*) pass "$name: ${line#ok * }" ;;
		'not ok '*) fail "$name: ${line#not ok * }" ;;
		*) echo "# $line" ;;
		esac
	done <"$work/out"
	same "$name: the host was well" 0 $status || tail -n 20 "$work/err" | sed 's/^/# /'
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cpu=max,la57=off,erms=off,fsrm=off
use='use a CPU or VM that has it'
plan 19
RIG_CPU=$cpu,smep=off,fsgsbase=off,rdtscp=off,cx16=off,xsave=off,nx=off host features '' 3 'nx smep fsgsbase xsave rdtscp cx16 missing: use' \
	"NX/$use" "SMEP/$use" "FSGSBASE/$use" "XSAVE/$use" "RDTSCP/$use" "CMPXCHG16B/$use"
host one '--smp 1' 0 'a second one is needed' 'cores/two are needed'
finish
