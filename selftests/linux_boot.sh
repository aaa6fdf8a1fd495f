#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Debian 12 boots from its disk: systemd without failed units, the disk's content as
# the host has it, programs and packages work, two interfaces and the resolver are as the guest file
# has them, power-off leaves a clean file system.
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
	echo "resolver: \$(grep ^nameserver /etc/resolv.conf)"
	echo "name: \$(getent hosts host.pvhv | tr -s ' ')"
	echo "spoke: \$(bash -c 'cat </dev/tcp/host.pvhv/8080')"
	for i in \$(seq 60); do ip -4 addr show eth1 | grep -q inet && break; sleep 1; done
	for i in 0 1; do echo "eth\$i: \$(ip -4 -br addr show eth\$i | tr -s ' ' | cut -d' ' -f3)"; done
	echo "routes: \$(ip route | grep -c ^default)"
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
		'' '[disk2]' "path = $work/pattern" 'readonly = yes' 'serial = pattern' '' '[rng]' \
		'' '[net0]' 'address = 10.77.0.2/24' 'resolver = 10.77.0.1' \
		'' '[net1]' 'address = 10.78.0.2/24')
}

# A name server that knows one name.
name_server()
{
	exec perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Proto => "udp", LocalPort => 53) or die "port 53: $!\n";
		while (defined(my $peer = $s->recv(my $q, 512))) {
			my ($name, $type) = unpack("x12 Z* n", $q);
			my $known = $name eq "\4host\4pvhv";
			my $found = $known && $type == 1;
			my $a = pack("a2 n5", $q, $known ? 0x8180 : 0x8183, 1, $found, 0, 0) . substr($q, 12, length($name) + 5);
			$a .= pack("n3 N n C4", 0xc00c, 1, 1, 60, 4, 10, 77, 0, 1) if $found;
			$s->send($a, 0, $peer);
		}'
}

# What the guest finds at its gateway.
serve()
{
	name_server >"$work/names" 2>&1 &
	servers=$!
	busybox nc -ll -p 8080 -e echo 'the host' >/dev/null 2>&1 &
	servers="$servers $!"
}

network()
{
	same "resolv.conf names the file's resolver" 'nameserver 10.77.0.1' "$(said resolver:)"
	same "which is asked" '10.77.0.1 host.pvhv' "$(said name:)" || sed 's/^/# /' "$work/names"
	same "the host is reached by its name" 'the host' "$(said spoke:)"
	same "the first interface has its address" 10.77.0.2/24 "$(said eth0:)"
	same "the second one, too" 10.78.0.2/24 "$(said eth1:)"
	same "there is one default route" 1 "$(said routes:)"
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
serve
linux_start "$conf"
check "Debian boots and runs the command" linux_until 300 'pvhv begin'
check "the command gets to its end" linux_until 300 '^frozen: .*-'
same "the first 16 MiB of the disk are what the host has" \
	"$(dd if=$image bs=1M count=16 iflag=direct 2>/dev/null | sha256sum)" "$(said frozen:)"
check "the host reaches the first interface" ping -c 2 -i 0.2 -W 5 10.77.0.2
check "the host reaches the second interface" ping -c 2 -i 0.2 -W 5 10.78.0.2
linux_type $'go on\n'
check "the guest reads what is typed" linux_until 60 '^thawed: go on'
check "the command's status is there" linux_until 60 'pvhv status 0'
linux_wait 180
compare
network
# shellcheck disable=SC2086 # a list
kill $servers
linux_ended debian 0 'powered off'
check "its file system is clean" e2fsck -fn "$image"
same "what it wrote is on the disk" "$(said mark:)" "$(on_disk /root/mark)"
linux_end
