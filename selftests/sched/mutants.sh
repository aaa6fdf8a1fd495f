#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The mutation gate: each line of mutants.txt takes one rule out of kmod/sched; the
# tests must fail then.  TAP on stdout.  Usage: mutants.sh [regular expression]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/selftests"
cp -r "$here/../../kmod" "$work/kmod"
cp -r "$here/../../kmod/sched" "$work/sound"
cp -r "$here" "$work/selftests/sched"
list=$(grep -v '^#' "$here/mutants.txt" | grep -E "^(${1:-})")

echo "TAP version 13"
echo "1..$(echo "$list" | wc -l)"
n=0 failed=0
# fields: name, file in kmod/sched, sed script
echo "$list" | {
	while IFS='	' read -r name file script; do
		n=$((n + 1)) result=
		sed -i "$script" "$work/kmod/sched/$file"
		if cmp -s "$work/sound/$file" "$work/kmod/sched/$file"; then
			result="not ok $n $name: the script changes nothing"
		elif ! make -s -C "$work/selftests/sched" O="$work/build" CFLAGS='-O1 -Wno-unused' "$work/build/sched_test" >"$work/log" 2>&1; then
			result="not ok $n $name: does not compile"
		elif timeout 60 "$work/build/sched_test" >"$work/log" 2>&1; then
			result="not ok $n $name: no test fails"
		else
			result="ok $n $name: $(grep -m1 -o '^not ok [0-9]* [a-z_]*' "$work/log" | cut -d' ' -f4 || echo 'crash or hang')"
		fi
		echo "$result"
		case $result in not*) failed=1;; esac
		cp "$work/sound/$file" "$work/kmod/sched/$file"
	done
	exit $failed
}
