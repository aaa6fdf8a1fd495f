#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kexec with 20 guests on taken cores (row K9): the guests are ended, their disks' requests that are under way are done, and the
# cores are stopped before the next kernel owns the memory that they run on. It comes up with all CPUs, what
# guests had been told to be on their disks is there, and cores can be taken again.
# The second half of this test runs in the second kernel.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"
. "$(dirname "$0")/lib/linux_shell.sh"

# On the host's own disk: the next kernel finds it there.
images=/var/tmp/kexec
writers='first second'
nr_loads=17
delay=8000	# ms that each write to the slow disk takes
planned=21

load_next()
{
	kexec -l /pvhv/rig/vmlinuz --initrd=/pvhv/rig/initrd.img \
		--append="$(cat /proc/cmdline) rig.resume=$(basename "$0")"
}

# note_last NAME NUMBER: in place, by the blocks that its file has.
note_last() { printf '%-16s' "$2" | dd of=$images/"$1.last" conv=notrunc,fsync status=none; }
last_of() { tr -d ' ' <$images/"$1.last"; }

# All their blocks are there before guests write: this host's file system has no journal for its own.
make_disks()
{
	local w loop

	mkdir -p $images/mnt
	for w in $writers; do
		dd if=/dev/zero of=$images/"$w" bs=1M count=24 status=none
		mke2fs -q -t ext4 $images/"$w"
		note_last "$w" none
	done
	dd if=/dev/zero of=$images/slow bs=1M count=1 status=none
	sync
	modprobe loop && modprobe dm-delay || return 1
	loop=$(losetup -f --show --direct-io=on $images/slow)
	dmsetup create slow --table "0 2048 delay $loop 0 0 $loop 0 $delay" && dmsetup mknodes slow
}

# start NAME SCRIPT DISK: a Linux guest.
start()
{
	linux_initrd "$work/initrd.$1" "$2"
	linux_conf "$1" "kernel = $linux_kernel" "initrd = $work/initrd.$1" 'memory = 64M' \
		'cmdline = console=hvc0 quiet' '' '[disk0]' "path = $3" >/dev/null
	guest_start "$1"
}

# shows NAME PATTERN: its console does so, sooner or later.
shows() { until_true $linux_patience grep -qa "$2" "$work/$1.out" || { tail -n 20 "$work/$1.out" "$work/$1.err"; return 1; }; }

start_all()
{
	local w n kinds=(busy idle short idle)

	start slow "yes 'under way' | head -c 4096 >/block; echo '# ready'; read -r line; dd if=/block of=/dev/vda bs=4096 oflag=direct" \
		/dev/mapper/slow
	for w in $writers; do start "$w" "$(linux_writer)" $images/"$w"; done
	for w in $writers; do check "guest '$w' writes files to its disk" shows "$w" '^synced 2'; done
	check "a third one has a slow disk" shows slow '^# ready'
	for ((n = 1; n <= nr_loads; n++)); do
		linux_conf load$n "kernel = $guest_dir/load/load.elf" 'memory = 8M' "cmdline = ${kinds[n % 4]}" >/dev/null
		guest_start load$n
	done
	check "with the last of the others, $((nr_loads + 3)) guests run" shows load$nr_loads '^# runs'
}

running() { "$pvhv" list --json | jq '[.[] | select(.state == "running")] | length'; }

# The guest's request is held by the device that takes long for it. (Linux' own count of what is under way has it only afterwards.)
under_way()
{
	local i

	echo >"$work/slow.keys"
	for ((i = 0; i < 1200; i++)); do
		! dmsetup status slow | grep -q 'delay 0 1 ' || return 0
		sleep 0.05
	done
	dmsetup status slow
	tail -n 5 "$work/slow.out"
	return 1
}

first_kernel()
{
	local w

	plan $planned
	work=$(mktemp -d)
	check "the module loads" insmod "$module"
	check "two cores are taken" "$pvhv" cpu take 2,3
	check "the next kernel is loaded" load_next
	check "there are disks for guests" make_disks
	start_all
	same "all run" $((nr_loads + 3)) "$(running)"
	check "a write is under way" under_way
	for w in $writers; do note_last "$w" "$(tr -d '\r' <"$work/$w.out" | sed -n 's/^synced \([0-9]*\)$/\1/p' | tail -n 1)"; done
	kexec -e --no-sync --no-ifdown
	fail "kexec came back"
	kill "${pid[@]}"
	wait
	"$pvhv" cpu give 2,3
	rmmod pvhv
	finish
}

# written NAME: what it reported before kexec is on its disk, and more may be.
written()
{
	local whole

	mount -o loop $images/"$1" $images/mnt || return 1
	whole=$(linux_whole $images/mnt "$(last_of "$1")")
	umount $images/mnt
	same "all files that guest '$1' was told to be on its disk are there, whole" "$(last_of "$1")" "$whole"
	check "its file system is sound" e2fsck -fn $images/"$1"
}

second_kernel()
{
	local w

	tap_count=10
	tap_planned=$planned
	same "the second kernel has all CPUs" 0-3 "$(cat /sys/devices/system/cpu/online)"
	refute "the module is not loaded there" grep -q '^pvhv ' /proc/modules
	check "the module loads" insmod "$module"
	check "the same cores can be taken" "$pvhv" cpu take 2,3
	modprobe loop
	for w in $writers; do written "$w"; done
	same "the write that was under way was done" 409 "$(head -c 4096 $images/slow | grep -cx 'under way')"
	check "the cores are given back" "$pvhv" cpu give 2,3
	check "the module unloads" rmmod pvhv
	rm -r $images
	finish
}

if [ "${RIG_RESUMED:-0}" = 1 ]; then
	second_kernel
else
	first_kernel
fi
