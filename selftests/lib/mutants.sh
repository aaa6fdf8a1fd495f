#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The mutation gate of a folder of unit tests: each line of its mutants.txt takes one rule out of
# kmod/PART; the tests must fail then.  TAP on stdout.
# Usage: mutants.sh PART SECONDS "TEST [ARGUMENT...]" [regular expression]
# The folder is selftests/PART, whose Makefile builds TEST.
set -eu
part=$1 seconds=$2 run=$3
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/selftests"
cp -r "$here/../kmod" "$work/kmod"
cp -r "$here/../kmod/$part" "$work/sound"
cp -r "$here/$part" "$work/selftests/$part"
cp -r "$here/lib" "$work/selftests/lib"
list=$(grep -v '^#' "$here/$part/mutants.txt" | grep -E "^(${4:-})")

echo "TAP version 13"
echo "1..$(echo "$list" | wc -l)"
n=0 failed=0
# fields: name, file in kmod/PART, sed script
echo "$list" | {
	while IFS='	' read -r name file script; do
		n=$((n + 1)) result=
		sed -i "$script" "$work/kmod/$part/$file"
		if cmp -s "$work/sound/$file" "$work/kmod/$part/$file"; then
			result="not ok $n $name: the script changes nothing"
		elif ! make -s -C "$work/selftests/$part" O="$work/build" CFLAGS='-O1 -Wno-unused' "$work/build/${run%% *}" >"$work/log" 2>&1; then
			result="not ok $n $name: does not compile"
		elif (cd "$work/build" && eval "timeout $seconds ./$run") >"$work/log" 2>&1; then
			result="not ok $n $name: no test fails"
		else
			result="ok $n $name: $(grep -m1 -o '^not ok [0-9]* [a-z_]*' "$work/log" | cut -d' ' -f4 || echo 'crash or hang')"
		fi
		echo "$result"
		case $result in not*) failed=1;; esac
		cp "$work/sound/$file" "$work/kmod/$part/$file"
	done
	exit $failed
}
