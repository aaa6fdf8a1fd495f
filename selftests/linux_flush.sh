#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a guest was told to be on the disk is there, whenever the power fails: its disk is logged by dm-log-writes. After each
# fsync the log gets a mark; then it is replayed. At each mark and at each flush the file system must be one that its journal
# repairs, at a mark with each file that was reported by then whole.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"

marks=${MARKS:-12}
folder=$(mktemp -d /var/tmp/flush.XXXXXX)

logged_disk()
{
	modprobe loop && modprobe dm-log-writes || return 1
	truncate -s 64M "$folder/data"
	mke2fs -q -t ext4 "$folder/data"
	cp --sparse=always "$folder/data" "$folder/replayed"
	truncate -s 700M "$folder/log"
	data=$(losetup -f --show "$folder/data")
	log=$(losetup -f --show "$folder/log")
	dmsetup create logged --table "0 $((64 * 2048)) log-writes $data $log" && dmsetup mknodes logged
}

marked()
{
	local n

	for ((n = 0; n < marks; n++)); do
		linux_until 60 "^synced $n" || return 1
		dmsetup message logged 0 mark "$n"
		linux_type $'\n'
	done
}

# The disk at a flush: the file system alone.
at_flush()
{
	cp --sparse=always "$folder/replayed" "$folder/now"
	echo "flush" >>"$folder/seen"
	{ e2fsck -fp "$folder/now" || [ $? = 1 ]; } >"$folder/fsck" 2>&1 && e2fsck -fn "$folder/now" >>"$folder/fsck" 2>&1 && return 0
	echo "at flush $(grep -c flush "$folder/seen"):"
	cat "$folder/fsck"
	return 1
}

# at_mark N, or 'flush': run by replay-log. The disk as the power's end would leave it.
at_mark()
{
	local n ok=0

	[ "$1" != flush ] || { at_flush; return; }
	[[ $1 =~ ^[0-9]+$ ]] || return 0
	cp --sparse=always "$folder/replayed" "$folder/now"
	mount -o loop "$folder/now" "$folder/mnt" || { echo "at mark $1 it cannot be mounted"; return 1; }
	for ((n = 0; n <= $1; n++)); do
		linux_written "$folder/mnt" "$n" || { echo "at mark $1 file $n is not whole"; ok=1; }
	done
	umount "$folder/mnt"
	e2fsck -fn "$folder/now" >"$folder/fsck" 2>&1 || { echo "at mark $1:"; cat "$folder/fsck"; ok=1; }
	echo "seen $1" >>"$folder/seen"
	return $ok
}

linux_begin
# After each report it waits until the host has marked that.
linux_initrd "$work/initrd" "$(linux_writer '(while true; do dd if=/dev/zero of=/mnt/load bs=64k count=64 2>/dev/null; done) &' 'read -r line || break')"
mkdir "$folder/mnt"
logged_disk
if check "a disk with a log" [ -b /dev/mapper/logged ]; then
	linux_start "$(linux_conf flush "kernel = $linux_kernel" "initrd = $work/initrd" 'memory = 64M' \
		'cmdline = console=hvc0 quiet' '' '[disk0]' 'path = /dev/mapper/logged')"
	check "$marks files are reported to be on it" marked
	"$pvhv" destroy flush
	linux_wait 60
	linux_ended flush 6 'destroyed'
	check "the log is whole" dmsetup remove logged
	losetup -d "$log" "$data"
	export folder
	export -f at_mark at_flush linux_written
	check "at each mark and flush the file system is sound, and each file that was reported is whole" \
		"$(dirname "$0")/lib/replay-log" "$folder/log" "$folder/replayed" bash -c 'at_mark "$0"'
	same "all marks were come to" "$marks" "$(grep -c seen "$folder/seen")"
	check "and flushes, $(grep -c flush "$folder/seen")" [ "$(grep -c flush "$folder/seen")" -ge "$marks" ]
fi
rm -rf "$folder"
linux_end
