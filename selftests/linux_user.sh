#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What programs rely on, inside a Linux guest: signals, faults, debugging, FPU
# state, TLS, memory, processes, threads, clocks, communication, files on a virtio
# disk, entropy, 32-bit programs. One guest runs them all.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"

parts=(signals faults debug fpu tls memory processes threads time ipc compat32 rng disk big oom)

script()
{
	local part

	echo 'mount -t ext4 /dev/vda /mnt'
	for part in "${parts[@]}"; do
		if [ "$part" = compat32 ]; then
			echo 'section compat32 /compat32'
		else
			echo "section $part /guest-tests $part"
		fi
	done
	cat <<-'END'
	umount /mnt
	echo "complaints: $(dmesg | grep -cE 'WARNING|BUG|Oops|Call Trace|stall|pvhv:.*(failed|refused)')"
	dmesg | grep -E -A20 'WARNING|BUG|Oops|stall|pvhv:.*(failed|refused)' | head -n 60
	dmesg | grep -q 'Killed process' && echo 'OOM killed'
	END
}

guests_begin
linux_initrd "$work/initrd" "$(script)" "$linux_dir/guest-tests" "$linux_dir/compat32"
truncate -s 96M "$work/data.img"
mke2fs -q -t ext4 "$work/data.img"
conf=$(linux_conf user "kernel = $linux_kernel" "initrd = $work/initrd" "memory = 256M" \
	"cmdline = console=hvc0 quiet" '' '[disk0]' "path = $work/data.img" '' '[rng]')
linux_start "$conf"
check "the guest comes up" linux_until $linux_patience '^# linux: up'
linux_until 600 '^# linux: end' || true
linux_wait 60
for part in "${parts[@]}"; do linux_section "$part"; done
check "the guest's kernel complains of nothing" grep -qa '^complaints: 0' "$work/out" ||
	sed -n '/^complaints:/,$p' "$work/out" | tr -d '\r' | sed 's/^/# /'
check "and it killed who took all memory" grep -qa '^OOM killed' "$work/out"
linux_ended user 0 'powered off'
check "its file system is clean" e2fsck -fn "$work/data.img"
guests_end
