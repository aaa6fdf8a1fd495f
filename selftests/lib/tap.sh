# SPDX-License-Identifier: GPL-2.0
#
# TAP for shell tests. Sourced:
#
#	. "$(dirname "$0")/lib/tap.sh"
#	plan 2
#	check 'the module loads' insmod /pvhv/pvhv.ko
#	skip 'needs two sockets' 'this host has one'
#	finish

tap_count=0
tap_failed=0
tap_planned=0

plan()
{
	tap_planned=$1
	echo "TAP version 13"
	echo "1..$1"
}

pass() { tap_count=$((tap_count + 1)); echo "ok $tap_count $1"; }

fail()
{
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count $1"
}

skip() { tap_count=$((tap_count + 1)); echo "ok $tap_count $1 # SKIP $2"; }

# check NAME COMMAND...: passes when the command succeeds; its output is shown
# when it does not.
check()
{
	local name=$1 out status=0
	shift

	out=$("$@" 2>&1) || status=$?
	if [ $status = 0 ]; then
		pass "$name"
	else
		fail "$name"
		echo "# $* gave $status"
		[ -z "$out" ] || echo "$out" | sed 's/^/# /'
	fi
	return $status
}

# refute NAME COMMAND...: passes when the command fails.
refute()
{
	local name=$1 out
	shift

	if out=$("$@" 2>&1); then
		fail "$name"
		echo "# $* succeeded"
		[ -z "$out" ] || echo "$out" | sed 's/^/# /'
		return 1
	fi
	pass "$name"
}

# same NAME EXPECTED ACTUAL
same()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		echo "# expected: $2"
		echo "# actual:   $3"
		return 1
	fi
}

finish()
{
	if [ "$tap_count" != "$tap_planned" ]; then
		echo "# planned $tap_planned, ran $tap_count"
		exit 1
	fi
	[ $tap_failed = 0 ]
	exit
}
