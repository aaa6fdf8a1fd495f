#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Checks typeref.pml with Spin: the order of kmod/mm holds, each mutant fails.
# Without Spin or a compiler: skipped.  TAP on stdout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
command -v spin >/dev/null && command -v gcc >/dev/null || {
	echo "1..0 # SKIP spin or gcc is not installed"
	exit 0
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# model NAME [-DMUTANT] -> number of errors in $errors
model() {
	spin "$@" -a "$here/typeref.pml" >/dev/null
	gcc -O1 -DSAFETY -DNOCLAIM -o pan pan.c
	./pan -m100000 >out 2>&1
	errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' out)
	states=$(sed -n 's/ *\([0-9]*\) states, stored.*/\1/p' out)
}

n=0 failed=0
report() { # ok? text
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n $2"; else echo "not ok $n $2"; failed=1; fi
}

echo "TAP version 13"
echo "1..5"
model
[ "$errors" = 0 ] && r=0 || r=1
report $r "typeref: no state in which a page table can be written ($states states)"
for m in EARLY_FLUSH NO_FLUSH LATE_FLUSH HOST_PLAIN; do
	model "-D$m"
	[ "$errors" = 1 ] && r=0 || r=1
	report $r "typeref: mutant $m is found"
done
exit $failed
