# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Linux guests in tests. Sourced, behind tap.sh and guests.sh:
#
#	linux_begin, linux_end			frame the test
#	linux_initrd FILE SCRIPT [PROGRAM...]	a root with busybox that runs SCRIPT and powers off
#	linux_conf NAME LINE...			a guest file; prints its path
#	linux_start CONF			the guest runs; linux_type writes to its console
#	linux_until SECONDS PATTERN		waits until its console showed that
#	linux_wait SECONDS			waits for its end; $linux_status is that of 'pvhv run'
#	linux_writer [BESIDE [AFTER [TYPE]]]	a script that writes files to the disk for ever, each reported ('synced N')
#						when it is on it; commands that run beside it, and after each report; the file system (ext4)
#	linux_written FOLDER N			file N of it is there, whole
#	linux_whole FOLDER LAST			prints the last of the files 0 to LAST up to which all are there, whole
#
# Its console is in $work/out, what pvhv says in $work/err.

linux_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../linux" && pwd)
linux_kernel=/pvhv/guest/vmlinux
# How many seconds a guest may take to come up: an emulated machine under load is slow.
linux_patience=120

linux_begin()
{
	guests_begin
	[ -f "$linux_kernel" ] && return 0
	fail "there is no kernel for a Linux guest: guest-patches/build makes it"
	guests_end
}

linux_end()
{
	# They lie in memory, which is counted at the end.
	rm -rf "${work:?}"/*
	guests_end
}

linux_initrd()
{
	local out=$1 script=$2 root
	shift 2

	root=$(mktemp -d "$work/root.XXXXXX")
	mkdir "$root/bin"
	cp "$(command -v busybox)" "$linux_dir/init" "$@" "$root"
	mv "$root/busybox" "$root/bin/"
	printf '%s\n' "$script" >"$root/script"
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$out"
	rm -r "$root"
}

linux_conf()
{
	local conf=$work/$1.conf
	shift

	printf '%s\n' '[guest]' "$@" >"$conf"
	echo "$conf"
}

linux_start()
{
	rm -f "$work/keys"
	mkfifo "$work/keys"
	exec 7<>"$work/keys"
	: >"$work/out"
	lines_before=$(our_lines) began=$SECONDS
	"$pvhv" run --audit --no-reboot "$1" <"$work/keys" >"$work/out" 2>"$work/err" 7>&- &
	linux_pid=$!
}

# How often the threads of all guests' devices have slept or were put aside so far: each is a wake-up.
linux_device_turns()
{
	local comm

	grep -lE '^pvhv[0-9]+-' /proc/[0-9]*/comm 2>/dev/null | while read -r comm; do
		grep ctxt_switches "${comm%comm}status"
	done | awk '{ n += $2 } END { print n + 0 }'
}

linux_type() { printf '%s' "$1" >&7; }

linux_until()
{
	local end=$((SECONDS + $1))

	while ! grep -qaE "$2" "$work/out"; do
		if [ $SECONDS -ge $end ] || ! kill -0 "$linux_pid" 2>/dev/null; then
			linux_show
			return 1
		fi
		sleep 0.1
	done
}

# A guest that does not end in time is destroyed: 6 is the status then.
linux_wait()
{
	local end=$((SECONDS + $1))

	while kill -0 "$linux_pid" 2>/dev/null; do
		if [ $SECONDS -ge $end ]; then
			echo "# the guest does not end"
			kill -INT "$linux_pid"
			kill -INT "$linux_pid"
			break
		fi
		sleep 0.1
	done
	linux_status=0
	wait "$linux_pid" || linux_status=$?
	exec 7>&-
}

# The end of its console, for who looks for the cause.
linux_show()
{
	echo "# the end of the guest's console:"
	tail -n 40 "$work/out" | tr -d '\r' | tr -c '[:print:]\n' '?' | sed 's/^/#   /'
	sed 's/^/#   /' "$work/err"
}

# linux_ended NAME STATUS TEXT: how the guest ended, and that it left nothing.
linux_ended()
{
	same "$1: ends with status $2" "$2" "$linux_status" || linux_show
	check "$1: the end is explained by '$3'" grep -qE -- "$3" "$work/err"
	check "$1: the audit finds 0 differences" grep -qE ' 0 differences' "$work/err"
	check "$1: the core is alive" cores_alive || renew_cores
	check "$1: the host has nothing to complain of" host_is_calm
	same "$1: the domain is gone" '' "$("$pvhv" list --json | jq -r '.[].name' 2>/dev/null)"
}

# linux_section NAME: the results between the marks of that section.
linux_section()
{
	local name=$1 line plan results status

	tr -d '\r' <"$work/out" |
		sed -n "/^# begin $name\$/,/^# end $name /p" >"$work/section"
	while IFS= read -r line; do
		case $line in
		'ok '*) pass "$name: ${line#ok * - }" ;;
		'not ok '*) fail "$name: ${line#not ok * - }" ;;
		'# begin '*|'# end '*|1..*) ;;
		?*) echo "# $name: ${line#\# }" ;;
		esac
	done <"$work/section"
	plan=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$work/section" | tail -n 1)
	results=$(grep -cE '^(not )?ok ' "$work/section")
	status=$(sed -n "s/^# end $name //p" "$work/section")
	check "$name: ran to its end (${results} results, planned ${plan:-none}, status ${status:-none})" \
		[ "${plan:-0}" -gt 0 -a "$results" = "${plan:-0}" -a -n "$status" ]
}

linux_writer()
{
	cat <<-END
	mount -t ${3:-ext4} /dev/vda /mnt
	${1:-}
	n=0
	while true; do
		yes "file \$n" | head -c 100000 >/mnt/new
		sync /mnt/new
		mv /mnt/new /mnt/file\$n
		sync /mnt
		echo "synced \$n"
		${2:-}
		n=\$((n + 1))
	done
	END
}

linux_written() { yes "file $2" | head -c 100000 | cmp - "$1/file$2"; }

linux_whole()
{
	local n whole=none

	for ((n = 0; n <= $2; n++)); do
		linux_written "$1" "$n" || break
		whole=$n
	done
	echo $whole
}
