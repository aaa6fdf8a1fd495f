#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two Linux guests with two interfaces each: the first routed, the second on a
# bridge. Who reaches whom, who must not, what the host sees, what remains. PARTS='spoofing' runs that alone.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"
. "$(dirname "$0")/lib/linux_shell.sh"

requests=${REQUESTS:-1000}
declare -A dump

# Runs in each guest: services, then what comes over the console, line by line.
guest_script()
{
	cat <<-'END'
	mkdir -p /www
	head -c 20000 /dev/zero | tr '\0' x >/www/index.html
	httpd -p 80 -h /www
	/usr/bin/iperf3 -s -D >/dev/null
	shell
	END
}

# The programs of busybox, and iperf3 with its libraries.
make_initrd()
{
	local root=$work/root lib

	mkdir -p "$root"/{bin,usr/bin}
	cp "$(command -v busybox)" "$root/bin/"
	cp "$linux_dir/init" "$root"
	cp "$(command -v iperf3)" "$root/usr/bin/"
	ldd "$(command -v iperf3)" | grep -o '/[^ ]*' | while read -r lib; do
		mkdir -p "$root$(dirname "$lib")"
		cp -L "$lib" "$root$lib"
	done
	guest_script >"$root/script"
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$work/initrd"
	rm -r "$root"
}

# guest_conf NAME VCPUS LINE...: with the lines of its interfaces.
guest_conf()
{
	local name=$1 vcpus=$2
	shift 2

	linux_conf "$name" "kernel = $linux_kernel" "initrd = $work/initrd" "memory = 192M" \
		"vcpus = $vcpus" "cmdline = console=hvc0 quiet" '' "$@"
}

# address6 NAME: of its prefix.
address6() { "$pvhv" info "$1" | grep -o '2001:[0-9a-f:]*'; }

counter() { ethtool -S "$1" | awk -v n="$2:" '$1 == n { print $2 }'; }
grown() { [ "$(counter "$1" "$2")" -ge $(($3 + $4)) ]; }

# --- parts ---

configured()
{
	local a=pv${id[alice]}.0

	check "the host has $a and pv${id[bob]}.1" ip link show "$a"
	check "ethtool knows its driver" eval "ethtool -i $a | grep -qx 'driver: pvhv'"
	check "and its statistics" eval "ip -s link show $a | grep -q 'RX:'"
	check "a host route leads to the guest" eval "ip route show 10.77.0.2 | grep -q 'dev $a'"
	check "the guest has the address from its command line" in_guest alice 10 'ip -4 addr show eth0 | grep -w 10.77.0.2/24'
	check "and the gateway" in_guest alice 10 'ip route | grep "default via 10.77.0.1"'
	check "and the resolver" in_guest alice 10 'grep -w "nameserver 192.0.2.53" /proc/net/pnp'
	check "and an IPv6 address of its prefix" until_true 30 in_guest alice 10 'ip -6 addr show eth0 | grep -w 2001:db8:77:0'
	check "and a MAC address that is the file's" in_guest bob 10 'grep -i 02:00:00:00:00:0b /sys/class/net/eth0/address'
	check "two vCPUs: two pairs of queues" eval "ethtool -l $a | tail -n 5 | grep -q 'Combined:.*2'"
	check "the MTU of the file" in_guest bob 10 'grep -x 1400 /sys/class/net/eth1/mtu'
	check "pvhv info tells of it" eval "'$pvhv' info alice | grep -q '$a, routed, .*10.77.0.2'"
}

reach()
{
	check "ping: host to guest" ping -c 3 -i 0.2 -W 5 10.77.0.2
	check "ping: guest to host" in_guest alice 30 'ping -c 3 -W 5 10.77.0.1'
	check "ping: large, in fragments" ping -c 2 -i 0.2 -W 5 -s 20000 10.77.0.2
	check "ping: guest to guest over the host" in_guest alice 30 'ping -c 3 -W 5 10.77.0.3'
	check "ping: IPv6, host to guest" ping -6 -c 3 -i 0.2 -W 5 "$(address6 alice)"
	check "ping: IPv6, guest to host" in_guest alice 30 'ping -6 -c 3 -W 5 -I eth0 fe80::1'
	check "the guest keeps its IPv6 default route" in_guest alice 10 'ip -6 route | grep "default via fe80::1 dev eth0"'
	check "ping: IPv6, guest to guest over the host" in_guest bob 30 "ping -6 -c 3 -W 5 $(address6 alice)"
	check "ping: over the bridge, guest to guest" in_guest alice 30 'ping -c 3 -W 5 10.78.0.3'
	check "ping: over the bridge, host to guest" ping -c 3 -i 0.2 -W 5 10.78.0.2
	check "ping: as large as the file's MTU" ping -c 2 -i 0.2 -W 5 -M 'do' -s 1372 10.78.0.3
}

transfers()
{
	local report

	check "curl fetches a page whole" eval "[ \$(curl -s http://10.77.0.2/index.html | wc -c) = 20000 ]"
	check "wget in the guest from the other guest" in_guest alice 30 '[ $(wget -q -O - http://10.77.0.3/ | wc -c) = 20000 ]'
	report=$(ab -q -n $requests -c 8 http://10.77.0.2/index.html 2>&1)
	check "$requests HTTP requests, none lost" eval "grep -q 'Complete requests: *$requests' <<<\"\$report\" && grep -q 'Failed requests: *0' <<<\"\$report\"" ||
		echo "$report" | sed 's/^/# /'
	check "iperf3: host to guest" iperf3 -c 10.77.0.2 -t 3 --connect-timeout 5000
	check "iperf3: guest to host" iperf3 -c 10.77.0.2 -t 3 -R --connect-timeout 5000
	check "iperf3: two streams, guest to guest" in_guest bob 60 '/usr/bin/iperf3 -c 10.77.0.2 -t 3 -P 2'
	segmented "IPv4" 10.77.0.2
	segmented "IPv6" "$(address6 alice)"
	check "a limited interface keeps its limit: from the guest" limited -R
	check "a limited interface keeps its limit: to the guest" limited
}

# What this interface got from its guest, or gave to it (rx, tx): bytes and packets.
traffic() { cat "/sys/class/net/pv${id[$1]}.0/statistics/$2_bytes" "/sys/class/net/pv${id[$1]}.0/statistics/$2_packets" | xargs; }

# segmented FAMILY ADDRESS: a stream from bob to alice: neither side cuts it to packets of the MTU.
segmented()
{
	local from to

	from=$(traffic bob rx) to=$(traffic alice tx)
	check "$1: a stream, guest to guest" in_guest bob 60 "/usr/bin/iperf3 -c $2 -t 3"
	check "$1: segments came larger than the MTU" larger "$from" "$(traffic bob rx)"
	check "$1: and went so" larger "$to" "$(traffic alice tx)"
}

# larger BEFORE AFTER: bytes and packets each.
larger()
{
	local bytes packets more_bytes more_packets

	read -r bytes packets more_bytes more_packets <<<"$1 $2"
	echo "$((more_bytes - bytes)) bytes in $((more_packets - packets)) packets"
	[ $((more_bytes - bytes)) -gt $((1600 * (more_packets - packets))) ]
}

# limited [-R]: bob's second interface may have 1 MiB/s each way.
limited()
{
	local bits

	ip addr show br0 | grep -q 10.78.0.1 || return 1
	bits=$(iperf3 -c 10.78.0.3 -t 3 "$@" -J | jq '.end.sum_received.bits_per_second | floor')
	echo "# $bits bit/s"
	[ "$bits" -gt 2000000 ] && [ "$bits" -lt 11000000 ]
}

# outcome NAME COMMAND...: as check, in this shell, whose children they are.
outcome()
{
	local name=$1
	shift

	if "$@"; then pass "$name"; else fail "$name"; fi
}

# Captures on these interfaces begin.
capture()
{
	local i

	for i; do
		tcpdump -i "$i" -Z root -s 128 --immediate-mode -U -w "$work/$i.pcap" 2>"$work/$i.dump" &
		dump[$i]=$!
	done
	for i; do until_true 20 grep -q 'listening on' "$work/$i.dump" || return 1; done
}

# They end; true: all of them worked.
captures_end()
{
	local i status=0

	sleep 1
	kill -INT "${dump[@]}"
	for i in "${!dump[@]}"; do
		wait "${dump[$i]}" || { status=1; sed "s/^/# $i: /" "$work/$i.dump"; }
	done
	return $status
}

# captured INTERFACE FILTER: how many packets.
captured() { tcpdump -n -r "$work/$1.pcap" "$2" 2>"$work/read" | wc -l; }

# sees INTERFACE FILTER
sees() { [ "$(captured "$1" "$2")" -gt 0 ] || { cat "$work/read" "$work/$1.dump"; false; }; }

# What may not leave: counted, and not seen on any interface of the host, where what may leave is.
spoofing()
{
	local a=pv${id[alice]}.0 b=pv${id[alice]}.1 c=pv${id[bob]}.0 d=pv${id[bob]}.1 before i own6 own_mac
	local spoofs='ether src 02:aa:aa:aa:aa:aa or host 10.77.0.99 or arp[14:4] = 0x0a4d0063 or host 2001:db8:77::bad'

	own6=$(address6 alice) own_mac=$(in_guest alice 10 'cat /sys/class/net/eth1/address')
	outcome "captures begin on all interfaces" capture "$a" "$b" "$c" "$d" br0
	in_guest alice 30 "ping -c 2 -W 5 10.77.0.3; ping -c 2 -W 5 10.78.0.3; arping -c 2 -w 4 -I eth0 10.77.0.1" >/dev/null
	until_true 30 in_guest alice 10 "ping -6 -c 1 -W 2 $(address6 bob)"
	before=$(counter "$a" spoofed)
	in_guest alice 30 'ip addr add 10.77.0.99/32 dev eth0; ping -c 3 -W 1 -I 10.77.0.99 10.77.0.1; ping -c 3 -W 1 -I 10.77.0.99 10.77.0.3; ip addr del 10.77.0.99/32 dev eth0'
	check "a foreign IPv4 source is dropped and counted" grown "$a" spoofed "$before" 3
	before=$(counter "$a" spoofed)
	in_guest alice 30 'ip addr add 10.77.0.99/32 dev eth0; arping -c 3 -w 4 -s 10.77.0.99 -I eth0 10.77.0.1; ip addr del 10.77.0.99/32 dev eth0'
	check "a foreign ARP sender, too" grown "$a" spoofed "$before" 3
	before=$(counter "$a" spoofed)
	in_guest alice 30 "ip -6 addr add 2001:db8:77::bad/128 dev eth0; sleep 3; ping -6 -c 3 -W 1 -I 2001:db8:77::bad $(address6 bob); ip -6 addr del 2001:db8:77::bad/128 dev eth0"
	check "a foreign IPv6 source, too" grown "$a" spoofed "$before" 3
	before=$(counter "$b" spoofed)
	in_guest alice 40 'm=$(cat /sys/class/net/eth1/address); ip link set eth1 down; ip link set eth1 address 02:aa:aa:aa:aa:aa; ip link set eth1 up; ping -c 3 -W 1 10.78.0.1; ip link set eth1 down; ip link set eth1 address $m; ip link set eth1 up'
	check "a foreign MAC address on the bridge, too" grown "$b" spoofed "$before" 1
	outcome "the captures end well" captures_end
	for i in "$a" "$c"; do
		check "the capture on $i has alice's own packets: IPv4" sees "$i" 'src host 10.77.0.2'
		check "the capture on $i has alice's own packets: IPv6" sees "$i" "src host $own6"
	done
	check "the capture on $a has alice's own packets: ARP" sees "$a" 'arp[14:4] = 0x0a4d0002'
	for i in "$b" "$d" br0; do
		check "the capture on $i has alice's own packets" sees "$i" "ether src $own_mac"
	done
	for i in "${!dump[@]}"; do
		same "the capture on $i has no foreign source" 0 "$(captured "$i" "$spoofs")"
	done
	check "and its own address still works" ping -c 2 -i 0.2 -W 5 10.77.0.2
}

# A bridge that knows nothing floods: still alice does not get what is for bob.
privacy()
{
	local a=pv${id[alice]}.1 b=pv${id[bob]}.1 mac before foreign

	mac=$(in_guest bob 10 'cat /sys/class/net/eth1/address')
	bridge link set dev "$b" learning off
	bridge fdb del "$mac" dev "$b" master 2>/dev/null
	ip neigh replace 10.78.0.3 lladdr "$mac" dev br0 nud permanent
	before=$(in_guest alice 10 'cat /sys/class/net/eth1/statistics/rx_packets')
	foreign=$(counter "$a" foreign)
	check "a bridge that floods: bob gets his packets" ping -c 10 -i 0.1 -W 5 10.78.0.3
	check "they were flooded to alice's port, and dropped" grown "$a" foreign "$foreign" 10
	check "alice got none of them" [ $(($(in_guest alice 10 'cat /sys/class/net/eth1/statistics/rx_packets') - before)) -lt 5 ]
}

link()
{
	local a=pv${id[alice]}.1

	ip link set "$a" down
	check "link down at the host: the guest sees it" until_true 10 in_guest alice 10 'grep -x 0 /sys/class/net/eth1/carrier'
	ip link set "$a" up
	check "link up again" until_true 10 in_guest alice 10 'grep -x 1 /sys/class/net/eth1/carrier'
	in_guest alice 10 'ip link set eth1 down'
	check "driver's queues off: packets are dropped, nobody waits" refute_ping
	in_guest alice 10 'ip link set eth1 up'
	check "and on again" ping -c 2 -i 0.2 -W 5 10.78.0.2
}

refute_ping() { ! ping -c 2 -i 0.2 -W 1 10.78.0.2; }

idle()
{
	local before after turns

	sleep 2
	before=$(doorbells)
	turns=$(linux_device_turns)
	sleep 5
	after=$(doorbells)
	turns=$(($(linux_device_turns) - turns))
	check "idle interfaces ring no bells ($((after - before)) in 5 s)" [ $((after - before)) -le 25 ]
	check "nor do they wake their threads ($turns times in 5 s)" [ $turns -le 25 ]
}

# refused NAME PATTERN LINE...: a guest with these lines does not come to be, and nothing is left.
refused()
{
	local name=$1 pattern=$2 before status=0
	shift 2

	before=$(ip -o link | wc -l)
	guest_conf carol 1 "$@" >/dev/null
	timeout 60 "$pvhv" run "$work/carol.conf" </dev/null >"$work/carol.out" 2>"$work/carol.err" || status=$?
	same "$name: refused" 1 $status
	check "$name: says why" grep -qE -- "$pattern" "$work/carol.err" || sed 's/^/# /' "$work/carol.err"
	same "$name: no interface left" "$before" "$(ip -o link | wc -l)"
	check "$name: no domain left" eval "! '$pvhv' list | grep -qw carol"
}

refusals()
{
	refused "unknown bridge" 'no bridge br9.*ip link add br9' '[net0]' 'bridge = br9'
	refused "an interface that is no bridge" 'lo is an interface.*no bridge' '[net0]' 'bridge = lo'
	refused "an address that alice has" "alice.*same IPv4 address" '[net0]' 'address = 10.77.0.2/24'
	refused "bob's MAC address" "bob.*same MAC address" '[net0]' 'address = 10.77.0.9/24' 'mac = 02:00:00:00:00:0b'
	refused "the host's address" "host's own address on br0" '[net0]' 'address = 10.78.0.1/24'
	refused "not an address" 'is no IPv4 address' '[net0]' 'address = 10.77.0'
	refused "a route that is taken" 'has a route to 10.79.0.2' '[net0]' 'bridge = br0' '[net1]' 'address = 10.79.0.2/24'
}

endings()
{
	local a=pv${id[alice]} b=pv${id[bob]}

	kill -KILL "${pid[bob]}"
	wait "${pid[bob]}" 2>/dev/null
	check "kill -9: bob's interfaces are gone" until_true 10 eval "! ip -o link | grep -qF ' $b.'"
	same "and his route" '' "$(ip route show 10.77.0.3)"
	check "alice goes on" ping -c 2 -i 0.2 -W 5 10.77.0.2
	echo 'poweroff -f' >"$work/alice.keys"
	wait "${pid[alice]}"
	same "alice powers off" 0 $?
	check "her interfaces are gone with her" eval "! ip -o link | grep -qF ' $a.'"
	same "and her routes" '' "$(ip route show 10.77.0.2; ip -6 route show | grep 2001:db8:7)"
}

# --- all ---

linux_begin
take_cores 2
same "a second core can be taken" 2 "$taken"
make_initrd
ip link add br0 type bridge
ip addr add 10.78.0.1/24 dev br0
ip link set br0 up
ip route add blackhole 10.79.0.2
sysctl -qw net.ipv6.conf.all.forwarding=0
guest_conf alice 2 '[net0]' 'address = 10.77.0.2/24' 'prefix6 = 2001:db8:77:0::/64' 'resolver = 192.0.2.53' \
	'[net1]' 'bridge = br0' >/dev/null
guest_conf bob 1 '[net0]' 'address = 10.77.0.3/24' 'prefix6 = 2001:db8:78:0::/64' 'mac = 02:00:00:00:00:0b' \
	'[net1]' 'bridge = br0' 'mtu = 1400' 'rate_out = 1M' 'rate_in = 1M' >/dev/null
guest_start alice
guest_start bob
if check "alice comes up" guest_up alice && check "bob comes up" guest_up bob; then
	id[alice]=$(guest_id alice)
	id[bob]=$(guest_id bob)
	in_guest alice 10 'ip addr add 10.78.0.2/24 dev eth1; ip link set eth1 up'
	in_guest bob 10 'ip addr add 10.78.0.3/24 dev eth1; ip link set eth1 up'
	check "a host that forwards no IPv6: pvhv run says so, and what to do" \
		grep -q 'net0: .*sysctl net.ipv6.conf.all.forwarding=1' "$work/alice.err"
	sysctl -qw net.ipv6.conf.all.forwarding=1
	for part in ${PARTS:-configured reach transfers spoofing privacy link idle refusals}; do $part; done
	endings
	check "the host has nothing to complain of" host_is_calm
	lsmod | sed -n 's/^pvhv /# pvhv /p'
else
	kill "${pid[@]}"; sleep 2; kill "${pid[@]}" 2>/dev/null; wait
fi
ip route del blackhole 10.79.0.2
sysctl -qw net.ipv6.conf.all.forwarding=0
ip link del br0
linux_end
