#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pvhv mem-auto on two Linux guests and a host that has little to spare: nothing moves while all are calm; one that fills its
# memory grows at the cost of one that sleeps, and what it wrote is there; the host keeps its floor all the time.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"
. "$(dirname "$0")/lib/linux_shell.sh"

reserve=/sys/module/pvhv/parameters/host_reserve_mb
margin=32	# MiB that mem-auto leaves to the host beyond its floor, by default
spare=24		# and what the host could give away without one of the guests
fill=72		# MiB

# It stops while it has none: who fills memory faster than it comes meets the kernel's OOM killer.
fill_script()
{
	cat <<-END
	mkdir -p /full
	mount -t tmpfs -o size=180m tmpfs /full
	filled=0
	while [ \$filled -lt $fill ]; do
		[ "\$(sed -n 's/MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)" -lt 3072 ] && { sleep 0.1; continue; }
		yes memauto | head -c 1048576 >>/full/file
		filled=\$((filled + 1))
	done
	[ "\$(yes memauto | head -c $((fill << 20)) | md5sum)" = "\$(md5sum </full/file)" ] && echo "it is whole"
	END
}

memory_mib() { "$pvhv" info --json "$1" | jq '.memory.now_bytes / 1048576 | floor'; }
host_mib() { awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo; }

start()
{
	linux_conf "$1" "kernel = $linux_kernel" "initrd = $work/initrd" "memory = $2M" 'maxmemory = 192M' \
		'cmdline = console=hvc0 quiet' >/dev/null
	guest_start "$1"
	check "the guest '$1' comes up" guest_up "$1"
}

# The least that the host had, each time that somebody looks.
watch_host()
{
	while sleep 0.1; do host_mib; done >"$work/host" &
	watcher=$!
}

linux_begin
fill_script >"$work/fill-memory"
linux_initrd "$work/initrd" shell "$work/fill-memory"
start rich 192
start needy 64
sleep 2
floor=$(($(host_mib) - margin - spare))
echo $floor >$reserve
"$pvhv" mem-auto --interval 0.5 >"$work/moves" 2>"$work/auto.err" &
auto=$!
watch_host
sleep 6
same "nothing moves while both are calm" '' "$(cat "$work/moves")"
same "what the other one fills its memory with is there" 'it is whole' "$(in_guest needy 240 'sh /fill-memory' | tail -n 1)"
sed 's/^/# /' "$work/moves"
needy=$(memory_mib needy) rich=$(memory_mib rich)
check "it has grown ($needy MiB)" [ "$needy" -ge $((fill + 24)) ]
check "by more than the host could spare, which is the sleeping one's ($rich MiB)" [ "$rich" -le $((192 - (needy - 64) + spare + margin / 2)) ]
check "that has a quarter of its maximum at least" [ "$rich" -ge 48 ]
kill $watcher
check "the host kept its floor of $floor MiB (it had $(sort -n "$work/host" | head -n 1))" [ "$(sort -n "$work/host" | head -n 1)" -ge "$floor" ]
kill -TERM $auto
status=0
wait $auto || status=$?
same "mem-auto ends when it is told to" 0 $status
same "and has nothing to complain of" '' "$(cat "$work/auto.err")"
echo 0 >$reserve
for guest in rich needy; do
	same "'$guest' works" 42 "$(in_guest $guest 60 'echo $((6 * 7))' | tail -n 1)"
	echo 'poweroff -f' >"$work/$guest.keys"
	status=0
	wait "${pid[$guest]}" || status=$?
	same "'$guest' powers off" 0 $status
done
check "the host has nothing to complain of" host_is_calm
linux_end
