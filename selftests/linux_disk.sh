#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Linux and its disks: fio with verification; a disk that comes, grows, is discarded and goes
# while it is used; XFS after SIGKILL for 'pvhv run' in the midst of writes.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"

images=$(mktemp -d /var/tmp/disks.XXXXXX)

# fio with its libraries as they are here, on a read-only disk.
fio_image()
{
	local root=$images/fio.root

	mkdir -p "$root"
	cp -L "$(command -v fio)" "$root/fio"
	ldd "$root/fio" | grep -oE '/[^ ]+' | sort -u | xargs cp -L -t "$root"
	truncate -s 256M "$images/fio"
	mke2fs -q -t ext4 -O ^has_journal -d "$root" "$images/fio"
	rm -r "$root"
}

# The guest's last line 'TAG: ...'.
said() { tr -d '\r' <"$work/out" | sed -n "s/^$1: //p" | tail -n 1; }

# run SECONDS TAG COMMAND: 'TAG: output' is what the guest then says.
run()
{
	linux_type "echo \"$2: \$($3)\""$'\n'
	linux_until "$1" "^$2: " || echo "# no answer to: $3"
}

fio_guest()
{
	local conf

	truncate -s 64M "$images/data"
	conf=$(linux_conf disk "kernel = $linux_kernel" "initrd = $work/initrd" 'memory = 256M' \
		'vcpus = 2' 'cmdline = console=hvc0 quiet' \
		'' '[disk0]' "path = $images/fio" 'readonly = yes' \
		'' '[disk1]' "path = $images/data" 'discard = yes')
	linux_start "$conf"
	check "a guest with two disks" linux_until $linux_patience '^# linux: up'
	run 60 mount 'mount -o ro /dev/vda /mnt && ls /mnt/fio'
	same "fio is there" /mnt/fio "$(said mount)"
	run 30 queues 'ls /sys/block/vdb/mq | wc -l'
	same "a disk has a queue for each vCPU" 2 "$(said queues)"
}

fio_verify()
{
	local fio="/mnt/ld-linux-x86-64.so.2 --library-path /mnt /mnt/fio"
	local common="--filename=/dev/vdb --direct=1 --ioengine=libaio --iodepth=16 --verify=crc32c --verify_fatal=1 --minimal"

	run 200 random "$fio --name=a --rw=randwrite --bsrange=4k-128k --size=24M $common >/tmp/f 2>&1; echo \$?"
	same "fio: random writes of 4 to 128 KiB, verified" 0 "$(said random)"
	run 200 mixed "$fio --name=b --rw=randrw --bs=4k --offset=24M --size=8M --fsync=32 $common >/tmp/f 2>&1; echo \$?"
	same "fio: mixed, with flushes, verified" 0 "$(said mixed)"
	run 200 trims "$fio --name=c --rw=randtrim --bs=64k --offset=32M --size=16M --filename=/dev/vdb --direct=1 --minimal >/tmp/f 2>&1; echo \$?"
	same "fio: discards" 0 "$(said trims)"
	run 60 again "$fio --name=a --rw=randwrite --bsrange=4k-128k --size=24M --verify_only $common >/tmp/f 2>&1; echo \$?"
	same "fio: the first ones are there still" 0 "$(said again)"
	check "the host counted them" \
		[ "$("$pvhv" disk list --json disk | jq '.[1].discard.requests')" -ge 256 ]
	same "none failed" '0 0 0 0' \
		"$("$pvhv" disk list --json disk | jq -r '.[1] | "\(.read.errors) \(.write.errors) \(.flush.errors) \(.discard.errors)"')"
}

idle()
{
	local before woken

	sleep 2
	before=$(linux_device_turns)
	sleep 5
	woken=$(($(linux_device_turns) - before))
	check "disks that did something have threads" [ "$before" -gt 100 ]
	check "they wake nobody while they are idle ($woken times in 5 s)" [ $woken -le 2 ]
}

hot()
{
	local before

	head -c 16M /dev/urandom >"$images/hot"
	same "a disk is attached" 2 "$("$pvhv" disk attach disk "$images/hot" --serial hot)"
	run 30 hot 'n=0; until [ -b /dev/vdc ] || [ $n = 20 ]; do sleep 1; n=$((n + 1)); done; cat /sys/block/vdc/serial'
	same "the guest has it" hot "$(said hot)"
	run 60 sum 'sha256sum </dev/vdc'
	same "its content is the host's" "$(sha256sum <"$images/hot")" "$(said sum)"
	linux_type $'(while dd if=/dev/vdc of=/dev/null bs=64k iflag=direct 2>/dev/null; do :; done; echo "loop: over") &\n'
	check "it grows while it is read" "$pvhv" disk resize disk 2 24M
	run 30 size 'sleep 1; cat /sys/block/vdc/size'
	same "the guest sees it" $((24 << 11)) "$(said size)"
	before=$SECONDS
	check "it is detached while it is read" "$pvhv" disk detach disk 2
	check "in time ($((SECONDS - before)) s)" [ $((SECONDS - before)) -le 8 ]
	check "the reader gets an error" linux_until 30 'loop: over[^"]*$'
	run 30 gone 'ls /dev/vdc 2>&1'
	check "the device is gone" grep -q 'No such file' <<<"$(said gone)"
	same "another takes its number" 2 "$("$pvhv" disk attach disk "$images/hot" --readonly)"
	run 30 next 'n=0; until [ -b /dev/vdc ] || [ $n = 20 ]; do sleep 1; n=$((n + 1)); done; cat /sys/block/vdc/ro'
	same "the guest has it, read-only" 1 "$(said next)"
}

discards()
{
	local before after

	before=$(stat -c %b "$images/data")
	run 60 blkdiscard 'blkdiscard /dev/vdb; echo $?'
	after=$(stat -c %b "$images/data")
	same "all of a disk is discarded" 0 "$(said blkdiscard)"
	check "its image takes no room any more ($before, $after blocks)" [ "$after" -lt $((before / 8)) ]
	run 60 zeros 'dd if=/dev/vdb bs=1M count=16 2>/dev/null | tr -d "\0" | wc -c'
	same "it reads as zeros" 0 "$(said zeros)"
}

# all_written FOLDER LAST
all_written()
{
	local n

	for ((n = 0; n <= $2; n++)); do linux_written "$1" "$n" || return 1; done
}

# The host replays the log of what is left, and finds each file that was reported.
xfs()
{
	local last mnt=$images/mnt

	modprobe loop
	truncate -s 320M "$images/xfs"
	mkfs.xfs -q "$images/xfs"
	linux_initrd "$work/initrd" "$(linux_writer '' '' xfs)"
	linux_start "$(linux_conf xfs "kernel = $linux_kernel" "initrd = $work/initrd" 'memory = 96M' \
		'cmdline = console=hvc0 quiet' '' '[disk0]' "path = $images/xfs")"
	check "a guest writes to its XFS" linux_until $linux_patience '^synced 8'
	kill -KILL "$linux_pid"
	linux_wait 10
	same "its process was killed" 137 "$linux_status"
	check "the guest is gone" gone xfs
	last=$(tr -d '\r' <"$work/out" | sed -n 's/^synced \([0-9]*\)$/\1/p' | tail -n 1)
	mkdir "$mnt"
	check "its log is replayed" mount -t xfs -o loop "$images/xfs" "$mnt"
	check "all $last files that were reported are there, whole" all_written "$mnt" "${last:-0}"
	umount "$mnt"
	check "xfs_repair finds nothing" xfs_repair -f -n "$images/xfs"
}

linux_begin
fio_image
linux_initrd "$work/initrd" 'sh'
fio_guest
fio_verify
idle
discards
hot
linux_type $'exit\n'
linux_wait 60
linux_ended disk 0 'powered off'
xfs
rm -rf "$images"
linux_end
