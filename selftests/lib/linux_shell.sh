# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Several Linux guests at once, each told what to do line by line at its console. Their script ends with the word 'shell'
# (selftests/linux/init). Sourced, behind linux.sh:
#
#	guest_start NAME		runs $work/NAME.conf; ${pid[NAME]} is its 'pvhv run'
#	guest_up NAME			waits until its shell is ready
#	guest_id NAME			its domain's id
#	in_guest NAME SECONDS COMMAND	its output; the status is the command's
#	until_true SECONDS COMMAND...	tries it again and again
#
# Its console is in $work/NAME.out, what pvhv says in $work/NAME.err, its keys come through $work/NAME.keys.

declare -A pid id

guest_start()
{
	[ -p "$work/$1.keys" ] || mkfifo "$work/$1.keys"
	: >"$work/$1.out"
	"$pvhv" run --no-reboot "$work/$1.conf" <>"$work/$1.keys" >"$work/$1.out" 2>"$work/$1.err" &
	pid[$1]=$!
}

until_true()
{
	local end=$((SECONDS + $1))
	shift

	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}

guest_up()
{
	until_true $linux_patience grep -qa '^# ready' "$work/$1.out" || {
		tail -n 30 "$work/$1.out" "$work/$1.err" | sed 's/^/# /'
		return 1
	}
}

guest_id() { "$pvhv" list --json | jq -r ".[] | select(.name == \"$1\") | .id"; }

in_guest()
{
	local out=$work/$1.out before

	before=$(stat -c %s "$out")
	echo "$3" >"$work/$1.keys"
	until_true "$2" eval "tail -c +$((before + 1)) '$out' | grep -qa '^# done '" || { echo "no answer from $1"; return 124; }
	tail -c +$((before + 1)) "$out" | tr -d '\r' | sed '/^# done /,$d'
	return "$(tail -c +$((before + 1)) "$out" | tr -d '\r' | sed -n 's/^# done //p' | head -n 1)"
}
