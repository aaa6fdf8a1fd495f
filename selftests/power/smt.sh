#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A test host with two threads per physical core (CPUs 0 and 1, 2 and 3): a core is taken and given as a whole, its threads
# stay off line while one of them is taken, and only --split-smt allows otherwise. Both halves of the test
# are here: 'smt.sh inside' runs in the host.
set -u
tree=$(cd "$(dirname "$0")/../.." && pwd)

if [ "${1:-}" != inside ]; then
	RIG_CPU=max,la57=off,erms=off,fsrm=off,vendor=GenuineIntel exec "$tree/selftests/rig/host" --payload "$PVHV_PAYLOAD" \
		--smp 4,sockets=1,cores=2,threads=2 --cmd 'bash selftests/power/smt.sh inside'
fi

. "$tree/selftests/lib/tap.sh"
pvhv=/pvhv/bin/pvhv
sysfs=/sys/devices/system/cpu

online() { cat $sysfs/online; }
taken() { "$pvhv" cpu list --json | grep -o '"cpu":[ ]*[0-9]*' | grep -o '[0-9]*$' | paste -sd,; }
set_online() { echo "$2" >"$sysfs/cpu$1/online"; }
dmesg_says() { dmesg | grep -q "$1"; }

# refused NAME WORDS COMMAND...: it fails and says that, and nothing has changed.
refused()
{
	local name=$1 words=$2 before out
	shift 2

	before="$(online), taken: $(taken)"
	if out=$("$@" 2>&1); then
		fail "$name"
	else
		check "$name" grep -qe "$words" <<<"$out"
	fi
	same "$name: nothing has changed" "$before" "$(online), taken: $(taken)"
}

plan 43
same "CPUs 2 and 3 are threads of one core" 2-3 "$(cat $sysfs/cpu2/topology/thread_siblings_list)"
check "the module loads" insmod /pvhv/pvhv.ko

refused "a thread alone is not taken" "CPU 3.*(--split-smt)" "$pvhv" cpu take 2
refused "neither is the boot core's other thread" "CPU 0.*(--split-smt)" "$pvhv" cpu take 1
refused "nor that core as a whole" "boot core" "$pvhv" cpu take 0,1
refused "all or none" "boot core" "$pvhv" cpu take 0,2,3

check "both threads are taken in one command" "$pvhv" cpu take 2,3
same "both are off line" "0-1, taken: 2,3" "$(online), taken: $(taken)"
refused "a thread alone is not given back" "CPU 2.*one call" "$pvhv" cpu give 3
check "both are given back in one command" "$pvhv" cpu give 2,3
same "both are on line" "0-3, taken: " "$(online), taken: $(taken)"

check "a thread goes off line" set_online 3 0
check "the other one can be taken then" "$pvhv" cpu take 2
refused "the thread does not come on line beside it" "not permitted" set_online 3 1
check "the log says why" dmesg_says "CPU 3 shares a physical core with CPU 2, which is taken: .*--split-smt"
refused "nor can it be taken" "off line" "$pvhv" cpu take 3
check "the core is given back" "$pvhv" cpu give 2
check "the thread comes on line then" set_online 3 1

check "with --split-smt a thread is taken alone" "$pvhv" cpu take --split-smt 2
check "its sibling goes off line" set_online 3 0
check "and comes back" set_online 3 1
refused "it cannot be taken as if the core were whole" "taken already" "$pvhv" cpu take 2,3
check "but alone: nobody of the host is left on that core" "$pvhv" cpu take 3
refused "which it shall have for itself: the first one stays" "CPU 3.*one call" "$pvhv" cpu give 2
check "it goes, for the first one may share its core" "$pvhv" cpu give 3
check "so may the first one go" "$pvhv" cpu give 2

check "both with --split-smt" "$pvhv" cpu take --split-smt 2,3
check "one is given back alone" "$pvhv" cpu give 3
same "that one is on line" "0-1,3, taken: 2" "$(online), taken: $(taken)"
check "and the other" "$pvhv" cpu give 2
check "the boot core can be split, too" "$pvhv" cpu take --split-smt 1
check "and be whole again" "$pvhv" cpu give 1
same "all CPUs are on line" "0-3, taken: " "$(online), taken: $(taken)"
check "the module unloads" rmmod pvhv
finish
