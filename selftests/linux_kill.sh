#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A guest that writes to its disk is ended from outside: its process by SIGKILL, the
# guest by 'pvhv destroy'. Nothing of it stays, the image is one that fsck
# repairs, and what fsync reported is in it. While it writes, audits find no difference.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"

# Files with known content, each reported when it is on the disk; and load beside it.
script='mount -t ext4 /dev/vda /mnt
(while true; do dd if=/dev/zero of=/mnt/load bs=64k count=64 2>/dev/null; done) &
(while true; do find /proc >/dev/null 2>&1; done) &
n=0
while true; do
	yes "file $n" | head -c 100000 >/mnt/new
	sync /mnt/new
	mv /mnt/new /mnt/file$((n % 50))
	sync
	echo "synced $n"
	n=$((n + 1))
done'

disk_guest()
{
	local conf

	truncate -s 0 "$work/data.img"
	truncate -s 64M "$work/data.img"
	mke2fs -q -t ext4 "$work/data.img"
	conf=$(linux_conf "$1" "kernel = $linux_kernel" "initrd = $work/initrd" "memory = 64M" \
		"cmdline = console=hvc0 quiet" '' '[disk0]' "path = $work/data.img")
	linux_start "$conf"
	check "$1: the guest writes to its disk" linux_until $linux_patience '^synced 5'
}

audits()
{
	local n

	for n in 1 2 3; do
		kill -USR1 "$linux_pid"
		for _ in $(seq 100); do
			[ "$(grep -c 'audit:' "$work/err")" -lt $n ] || break
			sleep 0.1
		done
	done
	[ "$(grep -c ' 0 differences' "$work/err")" = 3 ] || { cat "$work/err"; return 1; }
}

# The journal is replayed; then nothing is left to repair.
repaired()
{
	e2fsck -fp "$work/data.img" >"$work/fsck" 2>&1
	[ $? -le 1 ] && e2fsck -fn "$work/data.img" >>"$work/fsck" 2>&1 || { cat "$work/fsck"; return 1; }
}

last_file_is_whole()
{
	local n

	n=$(tr -d '\r' <"$work/out" | sed -n 's/^synced \([0-9]*\)$/\1/p' | tail -n 1)
	[ -n "$n" ] || return 1
	debugfs -R "dump /file$((n % 50)) $work/file" "$work/data.img" 2>/dev/null
	cmp "$work/file" <(yes "file $n" | head -c 100000)
}

gone()
{
	for _ in $(seq 100); do
		[ -n "$("$pvhv" list --json | jq -r '.[].name')" ] || return 0
		sleep 0.1
	done
	"$pvhv" list
	return 1
}

left_nothing()
{
	check "$1: the domain is gone" gone
	check "$1: the core is alive" cores_alive || renew_cores
	check "$1: nobody holds the image" [ -z "$(fuser "$work/data.img" 2>/dev/null)" ]
	check "$1: the host has nothing to complain of" host_is_calm
	check "$1: the file system can be repaired" repaired
	check "$1: the last file that was synced is in it" last_file_is_whole
}

linux_begin
linux_initrd "$work/initrd" "$script"

disk_guest kill
check "kill: audits under load find 0 differences" audits
kill -KILL "$linux_pid"
linux_wait 10
same "kill: the process was killed" 137 "$linux_status"
left_nothing kill

disk_guest destroy
check "destroy: works" "$pvhv" destroy destroy
linux_wait 60
same "destroy: ends with status 6" 6 "$linux_status"
check "destroy: says so" grep -q 'ended: destroyed' "$work/err"
check "destroy: the audit of what was left finds 0 differences" grep -q ' 0 differences' "$work/err"
left_nothing destroy

linux_end
