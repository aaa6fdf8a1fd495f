#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The mutation gate of a folder of unit tests: each line of its mutants.txt takes one rule out of
# kmod/PART; the tests must fail then.  TAP on stdout.  First the tests pass as they are: a mutant hangs when it takes
# longer than SECONDS and four times as long as that.
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

# try LIMIT: builds and runs what is in $work; its status, 125 if it does not build.
try()
{
	make -s -C "$work/selftests/$part" O="$work/build" CFLAGS='-O1 -Wno-unused' "$work/build/${run%% *}" >"$work/log" 2>&1 || return 125
	(cd "$work/build" && eval "timeout $1 ./$run") >"$work/log" 2>&1
}

began=$(date +%s)
try 600 || { cat "$work/log"; echo "Bail out! the tests of the sound part fail"; exit 1; }
took=$((4 * ($(date +%s) - began)))
[ $took -le "$seconds" ] || seconds=$took

echo "TAP version 13"
echo "1..$(echo "$list" | wc -l)"
n=0 failed=0
# fields: name, file in kmod/PART, sed script
echo "$list" | {
	while IFS='	' read -r name file script; do
		n=$((n + 1)) result=
		sed -i "$script" "$work/kmod/$part/$file"
		status=0
		if cmp -s "$work/sound/$file" "$work/kmod/$part/$file"; then
			result="not ok $n $name: the script changes nothing"
		else
			try "$seconds" || status=$?
			case $status in
			0) result="not ok $n $name: no test fails" ;;
			124) result="ok $n $name: hangs" ;;
			125) result="not ok $n $name: does not compile" ;;
			*) result="ok $n $name: $(grep -m1 -o '^not ok [0-9]* [a-z_]*' "$work/log" | cut -d' ' -f4 || echo crash)" ;;
			esac
		fi
		echo "$result"
		case $result in not*) failed=1;; esac
		cp "$work/sound/$file" "$work/kmod/$part/$file"
	done
	exit $failed
}
