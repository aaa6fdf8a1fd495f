#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Debian 12 boots from its disk: systemd without failed units, the disk's content as
# the host has it, programs and packages work, power-off leaves a clean file system.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"

image=/images/debian.img
# Files of which guest and host must see the same.
files='/usr/lib/x86_64-linux-gnu/libc.so.6 /usr/bin/bash /usr/lib/systemd/systemd /var/lib/dpkg/status'

# Stands on the disk that the guest's service runs.
commands()
{
	cat <<-END
	echo "state: \$(timeout 300 systemctl is-system-running --wait)"
	echo "failed: \$(systemctl --failed --no-legend --plain | cut -d' ' -f1 | tr '\n' ' ')"
	for u in \$(systemctl --failed --no-legend --plain | cut -d' ' -f1); do
		journalctl -b -u \$u -n 8 --no-pager -o cat | sed "s/^/cause: \$u: /"
	done
	echo "debian: \$(. /etc/os-release; echo \$ID \$VERSION_ID)"
	echo "release: \$(uname -r)"
	echo "ours: \$(dmesg | grep -ci pvhv)"
	echo "clock: \$(date +%s)"
	echo "packages: \$(dpkg-query -l | grep -c ^ii)"
	for f in $files; do echo "file \$f \$(sha256sum <\$f)"; done
	echo "pattern: \$(blockdev --getsize64 /dev/vdc) \$(cat /sys/block/vdc/ro /sys/block/vdc/serial | tr '\n' ' ')"
	echo "direct: \$(dd if=/dev/vdc bs=1M iflag=direct 2>/dev/null | sha256sum)"
	echo "cached: \$(sha256sum </dev/vdc)"
	dd if=/dev/zero of=/dev/vdc bs=4k count=1 2>/dev/null && echo "readonly: was written"
	echo "kernel: \$(dmesg | grep -cE 'WARNING|BUG|Oops|Call Trace|I/O error')"
	dd if=/dev/urandom of=/root/mark bs=64k count=16 2>/dev/null
	sha256sum </root/mark >/root/mark.sum
	echo "mark: \$(cat /root/mark.sum)"
	# Nothing may change while both sides look at the disk; the host says how long.
	sync
	fsfreeze -f /
	echo "frozen: \$(dd if=/dev/vda bs=1M count=16 iflag=direct 2>/dev/null | sha256sum)"
	read -r answer </dev/hvc0
	fsfreeze -u /
	echo "thawed: \$answer"
	END
}

said() { tr -d '\r' <"$work/out" | sed -n "s|^$1 ||p" | tail -n 1; }

prepare()
{
	head -c 20M /dev/urandom >"$work/pattern"
	commands >"$work/command"
	truncate -s %4096 "$work/command"
	conf=$(linux_conf debian "kernel = $linux_kernel" "memory = 512M" \
		"cmdline = root=/dev/vda rw console=hvc0 quiet systemd.show_status=0 pvhv.cmd" \
		'' '[disk0]' "path = $image" \
		'' '[disk1]' "path = $work/command" 'readonly = yes' 'serial = pvhv-cmd' \
		'' '[disk2]' "path = $work/pattern" 'readonly = yes' 'serial = pattern' '' '[rng]')
}

on_disk() { debugfs -R "cat $1" "$image" 2>/dev/null | sha256sum; }

compare()
{
	local f sum difference

	same "systemd says that all runs" running "$(said state:)"
	same "no unit has failed" '' "$(said failed:)" ||
		tr -d '\r' <"$work/out" | sed -n 's/^cause: /# /p'
	same "it is Debian 12" 'debian 12' "$(said debian:)"
	check "its kernel is ours" grep -q '^6\.1\..*pvhv' <<<"$(said release:)"
	check "and says so" [ "$(said ours:)" -gt 0 ]
	difference=$(($(date +%s) - $(said clock:)))
	check "its clock is the host's, but for the time since ($difference s)" \
		[ $difference -ge 0 -a $difference -lt 120 ]
	check "dpkg knows $(said packages:) packages" [ "$(said packages:)" -gt 80 ]
	for f in $files; do
		same "$f is what the image holds" "$(on_disk "$f")" "$(said "file $f")"
	done
	same "a disk has its size, is read-only, has its serial number" \
		"$((20 << 20)) 1 pattern" "$(said pattern: | sed 's/ *$//')"
	sum=$(sha256sum <"$work/pattern")
	same "direct reads give what the host has" "$sum" "$(said direct:)"
	same "cached reads, too" "$sum" "$(said cached:)"
	same "a read-only disk cannot be written" '' "$(said readonly:)"
	same "the kernel complains of nothing" 0 "$(said kernel:)"
}

linux_begin
prepare
linux_start "$conf"
check "Debian boots and runs the command" linux_until 300 'pvhv begin'
check "the command gets to its end" linux_until 300 '^frozen: .*-'
same "the first 16 MiB of the disk are what the host has" \
	"$(dd if=$image bs=1M count=16 iflag=direct 2>/dev/null | sha256sum)" "$(said frozen:)"
linux_type $'go on\n'
check "the guest reads what is typed" linux_until 60 '^thawed: go on'
check "the command's status is there" linux_until 60 'pvhv status 0'
linux_wait 180
compare
linux_ended debian 0 'powered off'
check "its file system is clean" e2fsck -fn "$image"
same "what it wrote is on the disk" "$(said mark:)" "$(on_disk /root/mark)"
linux_end
