#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The mutation gate: each line of mutants.txt removes one check of kmod/mm; the
# tests must fail then.  TAP on stdout.  Usage: mutants.sh [regular expression]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/selftests"
cp -r "$here/../../kmod" "$work/kmod"
cp -r "$here/../../kmod/mm" "$work/sound"
cp -r "$here" "$work/selftests/mm"
list=$(grep -v '^#' "$here/mutants.txt" | grep -E "^(${1:-})")

echo "TAP version 13"
echo "1..$(echo "$list" | wc -l)"
n=0 failed=0
# fields: name, file in kmod/mm, sed script
echo "$list" | {
	while IFS='	' read -r name file script; do
		n=$((n + 1)) result=
		sed -i "$script" "$work/kmod/mm/$file"
		if cmp -s "$work/sound/$file" "$work/kmod/mm/$file"; then
			result="not ok $n $name: the script changes nothing"
		elif ! make -s -C "$work/selftests/mm" O="$work/build" CFLAGS=-O1 "$work/build/mm_test" >"$work/log" 2>&1; then
			result="not ok $n $name: does not compile"
		elif timeout 200 "$work/build/mm_test" -x -t 4 >"$work/log" 2>&1; then
			result="not ok $n $name: no test fails"
		else
			result="ok $n $name: $(grep -m1 -o '^not ok [0-9]* [a-z_]*' "$work/log" | cut -d' ' -f4 || echo crash)"
		fi
		echo "$result"
		case $result in not*) failed=1;; esac
		cp "$work/sound/$file" "$work/kmod/mm/$file"
	done
	exit $failed
}
