#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Disks of a guest that runs: attached, detached, resized, limited, discarded; images on a
# file system and on block devices; a device that fails, one that fails now and then, and a slow one.
# The guest is selftests/guest/disk-hot, which obeys lines on its console.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"

name=disk-hot
resets=${RESETS:-500}
images=$(mktemp -d /var/tmp/disks.XXXXXX)	# on ext4, with direct I/O

# pattern FILE SECTORS BASE: each sector begins with its number plus BASE.
pattern()
{
	perl -e 'print pack("Q<", $_ + $ARGV[1]), "\0" x 504 for 0 .. $ARGV[0] - 1' "$2" "$3" >"$1"
}

# What 'read S N' gives for such a disk.
sum_of() { echo $(($3 * $2 + $1 * $2 + $2 * ($2 - 1) / 2)); }

# ask SECONDS LINE...: the last line of the guest's answer.
ask()
{
	local seconds=$1 lines end
	shift

	lines=$(wc -l <"$work/out")
	linux_type "$*"$'\n'
	end=$((SECONDS + seconds))
	while [ "$(wc -l <"$work/out")" = "$lines" ]; do
		[ $SECONDS -lt $end ] || { echo "no answer"; return; }
		sleep 0.05
	done
	tail -n 1 "$work/out" | tr -d '\r'
}

# answers NAME WANT LINE...
answers()
{
	local label=$1 want=$2
	shift 2

	same "$label" "$want" "$(ask 60 "$@")"
}

disk() { "$pvhv" disk "$@" 2>"$work/disk.err"; }

# refused NAME PATTERN COMMAND...
refused()
{
	local label=$1 pattern=$2
	shift 2

	if disk "$@" >/dev/null; then
		fail "$label: was accepted"
		return
	fi
	check "$label: $(cat "$work/disk.err")" grep -qE -- "$pattern" "$work/disk.err"
}

# The member of disk N in the list.
listed() { disk list --json $name | jq -r ".[] | select(.disk == $1) | $2"; }

start()
{
	local conf

	pattern "$images/first" 2048 1000
	pattern "$images/second" 4096 5000
	conf=$(linux_conf $name "kernel = $guest_dir/disk-hot/disk-hot.elf" 'memory = 16M' \
		'[disk0]' "path = $images/first" 'serial = first' 'iops = 100000' 'weight = 200')
	linux_start "$conf"
	check "the guest is there" linux_until 30 '^ready'
	answers "it finds its disk" 'use 0 0 2048 first' use 0
	answers "and reads it" "read 0 $(sum_of 8 16 1000)" read 8 16
	same "limits of the guest file hold" '100000 200' "$(listed 0 '"\(.iops) \(.weight)"')"
}

# An image that the host has as a loop device is the host's; to read it is nothing bad where the host only reads it.
behind_loop()
{
	local loop

	truncate -s 1M "$images/looped"
	modprobe loop
	loop=$(losetup -f --show "$images/looped")
	refused "an image that the host has as a loop device" "behind this host's $loop: 'losetup -d" attach $name "$images/looped" --readonly
	losetup -d "$loop"
	loop=$(losetup -f --show --read-only "$images/looped")
	refused "also one that the host only reads" "behind this host's $loop" attach $name "$images/looped"
	same "both may read it" 2 "$(disk attach $name "$images/looped" --readonly)"
	check "and it goes" disk detach $name 2
	losetup -d "$loop"
}

hot_attach()
{
	same "a second disk is attached" 1 "$(disk attach $name "$images/second" --serial hot --readonly)"
	answers "the guest is told, and sees it" 'disks 0 1 bus 1' disks
	answers "with its size and serial number" 'use 1 0 4096 hot' use 1
	answers "its content is the image's" "read 0 $(sum_of 4080 16 5000)" read 4080 16
	answers "it is read-only" 'write 1' write 0 1 7
	refused "its image once more, to be written" 'in use by domain [0-9]+ \(disk-hot\)' \
		attach $name "$images/second"
	behind_loop
	refused "a disk that does not exist" 'cannot open the disk' attach $name "$images/none"
	refused "a folder" 'neither a regular file' attach $name "$images" --readonly
	refused "a guest that does not exist" 'no guest' attach nobody "$images/second"
	same "it is listed" "1 $images/second hot 2097152 true" \
		"$(listed 1 '"\(.disk) \(.path) \(.serial) \(.bytes) \(.readonly)"')"
	same "its requests are counted, and nothing is in flight" '2 1 0' \
		"$(listed 1 '"\(.read.requests + 1) \(.write.errors) \(.in_flight)"')"
}

detach()
{
	local before

	refused "a disk that is not there" 'no disk with number 9' detach $name 9
	linux_type $'busy polite\n'
	check "the second disk is busy" linux_until 30 '^at work'
	sleep 1
	before=$SECONDS
	check "it is detached while reads are under way" disk detach $name 1
	check "as soon as the driver let go" [ $((SECONDS - before)) -le 4 ]
	check "no read failed" linux_until 30 '^gone after [0-9]* reads, 0 bad'
	check "the driver was let go on" linux_until 30 '^let go'
	answers "the guest sees one disk" 'disks 0 bus 4' disks
	same "its image is free, and its number used again" 1 "$(disk attach $name "$images/second")"
	answers "the new disk works" 'use 1 0 4096 ' use 1
	answers "and can be written" 'write 0' write 0 8 9
	linux_type $'busy deaf\n'
	check "it is busy" linux_until 30 '^at work'
	before=$SECONDS
	check "it goes also when the driver does not let go" disk detach $name 1
	check "after 5 s" [ $((SECONDS - before)) -ge 4 -a $((SECONDS - before)) -le 12 ]
	same "what was acknowledged is in the image" 4608 \
		"$(od -A n -v -t u8 -N 4096 "$images/second" | tr -s ' ' '\n' | awk '{ s += $1 } END { print s }')"
	answers "the first disk is as it was" 'use 0 0 2048 first' use 0
	answers "and reads" "read 0 $(sum_of 0 8 1000)" read 0 8
}

resize()
{
	local size

	check "the disk grows to 2 MiB" disk resize $name 0 2M
	size=$(ask 60 size)
	check "the guest was told and sees it ($size)" grep -qE '^size 4096 [1-9]' <<<"$size"
	answers "what is new reads as zeros" 'read 0 0' read 2048 16
	answers "and can be written" 'write 0' write 4088 8 3
	truncate -s 3M "$images/first"
	check "the image has grown by itself" disk resize $name 0
	check "that is seen, too" grep -q '^size 6144 ' <<<"$(ask 60 size)"
	refused "it shall become smaller" 'shrink' resize $name 0 1M
	check "it becomes smaller when that is asked for" disk resize --shrink $name 0 1M
	check "the guest sees it" grep -q '^size 2048 ' <<<"$(ask 60 size)"
	check "behind the end nothing can be read" grep -q '^read 1 ' <<<"$(ask 60 read 2040 16)"
}

limits()
{
	local took

	check "20 requests a second" disk limit $name 0 --iops 20
	took=$(ask 60 timed 40)
	check "40 reads then take about 2 s ($took)" awk '{ exit !($2 == 0 && $3 > 1200 && $3 < 9000) }' <<<"$took"
	check "256 KiB a second" disk limit $name 0 --iops 0 --bandwidth 256K
	took=$(ask 60 timed 128)
	check "512 KiB take about 2 s ($took)" awk '{ exit !($2 == 0 && $3 > 1200 && $3 < 9000) }' <<<"$took"
	check "that it had to wait is counted" [ "$(listed 0 .throttled)" -gt 4 ]
	check "no limits" disk limit $name 0 --bandwidth 0 --weight 100
	took=$(ask 60 timed 128)
	check "it is as fast as before ($took)" awk '{ exit !($2 == 0 && $3 < 1500) }' <<<"$took"
	refused "a weight that cannot be" '1001.*more than 1000|weight' limit $name 0 --weight 1001
	refused "more bytes a second than there are" 'at most 1099511627776' limit $name 0 --bandwidth 2T
	same "the largest numbers are refused, past the tool, too" 'EINVAL EINVAL EINVAL' \
		"$(raw_limits -1 0) $(raw_limits 0 -1) $(raw_limits $(((1 << 40) + 1)) 0)"
	same "nothing has changed" '0 0' "$(listed 0 '"\(.iops) \(.bandwidth)"')"
	same "as much as may be is taken" OK "$(raw_limits $((1 << 40)) $((1 << 40)))"
	took=$(ask 60 timed 128)
	check "and is no limit ($took)" awk '{ exit !($2 == 0 && $3 < 1500) }' <<<"$took"
	sleep 2
	answers "after a pause, too" "read 0 $(sum_of 0 8 1000)" read 0 8
	check "no limits again" disk limit $name 0 --iops 0 --bandwidth 0
}

# raw_limits IOPS BANDWIDTH: PVHV_IOC_DISK_LIMITS of the first disk; how it ends.
raw_limits()
{
	perl -MErrno=EINVAL -e '
		open my $pvhv, "+<", "/dev/pvhv" or die;
		my $arg = pack "L4 q2 x16 x160", 208, $ARGV[0], 0, 0, $ARGV[1], $ARGV[2];
		my $done = ioctl $pvhv, 3 << 30 | 208 << 16 | ord("V") << 8 | 0x3b, $arg;
		print $done ? "OK" : $! == EINVAL ? "EINVAL" : "$!"' \
		"$("$pvhv" list --json | jq ".[] | select(.name == \"$name\").id")" "$1" "$2"
}

discard()
{
	local blocks d

	truncate -s 8M "$images/sparse"
	d=$(disk attach $name "$images/sparse" --discard)
	answers "a disk with discard" "use $d 0 16384 " use "$d"
	answers "a MiB is written" 'write 0' write 0 128 5
	for s in 128 256 384 512 640 768 896; do ask 60 write $s 128 5 >/dev/null; done
	answers "and flushed" 'flush 0' flush
	blocks=$(stat -c %b "$images/sparse")
	answers "half of it is discarded" 'discard 0' discard 0 512
	check "the image became smaller ($blocks, $(stat -c %b "$images/sparse") blocks)" \
		[ "$(stat -c %b "$images/sparse")" -le $((blocks - 500)) ]
	answers "what was discarded reads as zeros" 'read 0 0' read 0 64
	answers "the other half is there" 'read 0 40960' read 512 128
	answers "zeros are written" 'zero 0' zero 512 128
	answers "and read" 'read 0 0' read 512 128
	answers "zeros that need no room" 'unmap 0' unmap 640 128
	answers "read as zeros" 'read 0 0' read 640 128
	answers "behind the end: refused" 'discard 1' discard 16380 8
	answers "more than is allowed: refused" 'zero 1' zero 0 65536
	answers "none: refused" 'discard 1' discard 0 0
	same "errors and requests are counted" '3 3' "$(listed "$d" '"\(.discard.requests) \(.discard.errors)"')"
	answers "without the feature" 'use 0 0 2048 first' use 0
	answers "there is no discard" 'discard 2' discard 0 8
	check "zeros there are" [ "$(ask 60 zero 1024 128)" = 'zero 0' ]
	answers "and read" 'read 0 0' read 1024 128
	check "it is detached" disk detach $name "$d"
}

# table DEVICE TARGET...: what that device of the device mapper does from now on.
table()
{
	local dev=$1
	shift

	dmsetup suspend --noflush "$dev" && dmsetup reload "$dev" --table "$*" && dmsetup resume "$dev"
}

failing()
{
	local loop d i seen= bad

	pattern "$images/bad" 8192 70000
	modprobe loop
	loop=$(losetup --find --show --direct-io=on "$images/bad")
	dmsetup create bad --table "0 8192 linear $loop 0"
	bad=/dev/$(dmsetup info -c --noheadings -o blkdevname bad)
	d=$(disk attach $name "$bad" --serial bad)
	answers "a device of the host's device mapper" "use $d 0 8192 bad" use "$d"
	answers "is read" "read 0 $(sum_of 64 64 70000)" read 64 64
	refused "it is the guest's now, and not another's" 'in use' attach $name "$bad"
	refused "a size for a block device" 'block device' resize --shrink $name "$d" 1M
	answers "it is as large as before" "read 0 $(sum_of 8128 64 70000)" read 8128 64
	table bad 0 8192 error
	check "it fails: the guest's read does" grep -q '^read 1 ' <<<"$(ask 60 read 64 8)"
	answers "a write fails" 'write 1' write 64 8 1
	table bad "0 8192 linear $loop 0"
	answers "it works again: so does the disk" "read 0 $(sum_of 64 8 70000)" read 64 8
	answers "writes, too" 'write 0' write 64 8 1
	answers "and flushes" 'flush 0' flush
	table bad "0 8192 flakey $loop 0 0 60 1 error_writes"
	answers "it fails writes only: they do" 'write 1' write 64 8 2
	answers "a flush fails" 'flush 1' flush
	answers "a read does not" 'read 0 512' read 64 8
	table bad "0 8192 linear $loop 0"
	answers "it works again: flushes do" 'flush 0' flush
	same "what failed was counted" 1 "$(listed "$d" .flush.errors)"
	check "the errors were counted" [ "$(listed "$d" '"\(.read.errors)\(.write.errors)"')" -ge 11 ]
	table bad "0 4096 linear $loop 0
4096 4096 error"
	check "half of it fails: a request over the edge does" grep -q '^read 1 ' <<<"$(ask 60 read 4092 8)"
	check "one before it does not" grep -q '^read 0 ' <<<"$(ask 60 read 4080 8)"
	table bad "0 8192 flakey $loop 0 1 1"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		seen="$seen$(ask 60 read 64 8 | cut -d' ' -f2)"
		sleep 0.4
	done
	check "one that fails every other second ($seen)" grep -q '0.*1\|1.*0' <<<"$seen"
	table bad "0 8192 linear $loop 0"
	answers "is read when it is well" "read 0 $(sum_of 128 64 70000)" read 128 64
	check "it is detached" disk detach $name "$d"
	check "and free" dmsetup remove bad
	losetup -d "$loop"
}

# full TYPE MOUNT-OPTION...: a sparse image on a file system without room.
full()
{
	local d type=$1
	shift

	mkdir -p "$images/small"
	mount -t "$type" "$@" "$images/small"
	truncate -s 4M "$images/small/sparse"
	d=$(disk attach $name "$images/small/sparse" --discard)
	answers "$type: an image on a small file system" "use $d 0 8192 " use "$d"
	answers "$type: is written as long as there is room" 'write 0' write 0 128 5
	for s in $(seq 128 128 4096); do ask 60 write "$s" 128 5; done >"$work/full"
	check "$type: then the guest gets errors" grep -qx 'write 1' "$work/full"
	answers "$type: it reads what it wrote" 'read 0 40960' read 0 128
	answers "$type: room is made" 'discard 0' discard 0 1024
	answers "$type: and writes go on" 'write 0' write 128 128 6
	answers "$type: and flushes" 'flush 0' flush
	check "$type: it is detached" disk detach $name "$d"
	umount "$images/small"
}

# In memory all goes through the page cache; on ext4 past it.
full_both()
{
	full tmpfs -o size=1M tmpfs
	truncate -s 1M "$images/ext4"
	mke2fs -q -t ext4 -O ^has_journal "$images/ext4"
	full ext4 -o loop "$images/ext4"
}

# slow_disk BYTES READ-MS WRITE-MS: /dev/mapper/slow takes that long for each request, but not yet.
slow_disk()
{
	truncate -s 0 "$images/slow"
	truncate -s "$1" "$images/slow"
	slow_loop=$(losetup --find --show --sector-size 4096 "$images/slow")
	dmsetup create slow --table "0 $(($1 >> 9)) delay $slow_loop 0 0 $slow_loop 0 0"
	dmsetup mknodes slow
	slow_table="0 $(($1 >> 9)) delay $slow_loop 0 $2 $slow_loop 0 $3"
}

slow_gone()
{
	dmsetup remove slow
	losetup -d "$slow_loop"
}

# A guest's long discards do not hold up its reset; while it shrinks, no write of before makes the image longer again.
slow()
{
	local d i

	modprobe dm-delay
	slow_disk $((16 << 20)) 0 150
	d=$(disk attach $name "/dev/$(dmsetup info -c --noheadings -o blkdevname slow)" --discard)
	answers "a slow device" "use $d 0 32768 " use "$d"
	table slow "$slow_table"
	answers "20 discards of 16 ranges" 'trims 20' trims 20
	i=$(listed "$d" .in_flight)
	check "a few of them are under way ($i)" [ "$i" -ge 1 -a "$i" -le 8 ]
	answers "a reset meanwhile" "use $d 0 32768 " use "$d"
	check "ends them: it does not wait for all ($(listed "$d" .discard.errors) given up)" \
		[ "$(listed "$d" .discard.errors)" -ge 1 ]
	check "it is detached" disk detach $name "$d"
	slow_gone

	slow_disk $((16 << 20)) 200 0
	mke2fs -q -t ext4 -O ^has_journal -b 4096 /dev/mapper/slow
	mkdir -p "$images/small"
	mount /dev/mapper/slow "$images/small"
	pattern "$images/small/image" 4096 0
	sync "$images/small/image"
	d=$(disk attach $name "$images/small/image")
	answers "an image on a slow device" "use $d 0 4096 " use "$d"
	echo 3 >/proc/sys/vm/drop_caches
	table slow "$slow_table"
	answers "writes of sectors for which it must read" 'edges 20' edges 20
	check "it shrinks while they are under way" disk resize --shrink $name "$d" 1M
	check "they had been taken" grep -q '^answers 20 0' <<<"$(ask 90 answers 20)"
	same "and the image is as small as was asked for" $((1 << 20)) "$(stat -c %s "$images/small/image")"
	check "it is detached" disk detach $name "$d"
	umount "$images/small"
	slow_gone
}

many()
{
	local i

	for i in $(seq 2 40); do
		truncate -s 64K "$images/many$i"
		disk attach $name "$images/many$i" >/dev/null || break
	done
	check "there are at most 30 devices" grep -q 'at most 30' "$work/disk.err"
	same "30 are there" 30 "$(disk list --json $name | jq length)"
	for i in $(seq 1 29); do disk detach $name "$i" || break; done
	same "29 go" 1 "$(disk list --json $name | jq length)"
}

# A guest that notifies without end, with nothing behind it; one that wants more in flight than it may.
hostile()
{
	local thread before cpu rings bytes=0 now tries hogs

	answers "the first disk again" 'use 0 0 2048 first' use 0
	thread=$(pgrep -f '^\[?pvhv[0-9]+-blk0' | head -n 1)
	before=$(doorbells)
	cpu=$(thread_ticks "$thread")
	same "3 s of notifications" 'storm done' "$(ask 60 storm 3000)"
	rings=$(($(doorbells) - before))
	cpu=$(($(thread_ticks "$thread") - cpu))
	check "the host was rung at most 2,000 times a second ($rings in all)" [ $rings -lt 12000 ]
	check "its thread did not spin ($cpu of 300 ticks)" [ $cpu -lt 200 ]
	answers "the disk works" "read 0 $(sum_of 0 8 1000)" read 0 8
	# how far it is when we look is chance: again until we saw some under way
	for tries in 1 2 3 4 5 6 7 8; do
		hogs=$(grep -c '^hog' "$work/out")
		linux_type $'hog 20\n'
		before=$SECONDS
		while [ "$(grep -c '^hog' "$work/out")" = "$hogs" ] && [ $((SECONDS - before)) -lt 120 ]; do
			now=$(listed 0 .bytes_in_flight)
			[ "${now:-0}" -le $bytes ] || bytes=$now
		done
		[ $bytes = 0 ] || break
	done
	check "20 times 63 MiB are read in pieces ($(tail -n 1 "$work/out" | tr -d '\r'))" \
		grep -q '^hog 0' "$work/out"
	check "at most 34 MiB are under way (seen: $bytes)" [ $bytes -le $((34 << 20)) ]
	check "some were" [ $bytes -gt 0 ]
}

linux_begin
start
hot_attach
detach
resize
limits
discard
failing
full_both
slow
hostile
many
# J14 asks for 10,000
same "$resets resets with reads under way" 'reset 0' "$(ask $((60 + resets / 10)) reset "$resets")"
linux_type $'off\n'
linux_wait 60
linux_ended $name 0 'powered off'
rm -rf "$images"
linux_end
