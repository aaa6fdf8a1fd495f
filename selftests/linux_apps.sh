#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Real programs: nginx and PostgreSQL of Debian in one guest, their clients on the host and in a second guest on a second
# core. Both have the same read-only disk of programs (selftests/rig/apps-root). The server is killed in the midst of
# its work: each transaction that was acknowledged is there when it is started again.
#	REQUESTS=N	of HTTP; SECONDS_OF_WORK=N	of pgbench
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"
. "$(dirname "$0")/lib/linux_shell.sh"

requests=${REQUESTS:-10000}
work_seconds=${SECONDS_OF_WORK:-15}
apps=/images/apps.img
server=10.76.0.2

# In each guest: the programs' root at /new, with what programs write in memory. The server's cluster is on its second disk.
guest_script='
mkdir -p /apps /upper /new
mount -t ext4 -o ro /dev/vda /apps
mount -t tmpfs tmpfs /upper
mkdir /upper/u /upper/w
mount -t overlay -o lowerdir=/apps,upperdir=/upper/u,workdir=/upper/w overlay /new
for d in proc sys dev dev/shm tmp; do mount -o bind /$d /new/$d; done
export PAGER=cat
as_postgres() { chroot /new su -s /bin/sh postgres -c "PATH=$PATH:$(echo /new/usr/lib/postgresql/*/bin | sed s:/new::); $1"; }
serve()
{
	mount -t ext4 /dev/vdb /mnt || return 1
	[ -d /mnt/data ] || cp -a /apps/var/lib/postgresql/*/main /mnt/data
	mkdir -p /new/run/postgresql
	chmod 777 /new/run/postgresql
	mount -o bind /mnt/data /new$(echo /apps/var/lib/postgresql/*/main | sed s:/apps::)
	as_postgres "pg_ctl -D $(echo /apps/etc/postgresql/*/main | sed s:/apps::) -w -t 100 -l /tmp/pg.log start" || { tail /tmp/pg.log; return 1; }
	chroot /new /usr/sbin/nginx
}
# A process that has ended may hold its files a moment longer.
leave()
{
	local d n

	chroot /new /usr/sbin/nginx -s stop
	as_postgres "pg_ctl -D $(echo /apps/var/lib/postgresql/*/main | sed s:/apps::) stop" || return 1
	for d in /new$(echo /apps/var/lib/postgresql/*/main | sed s:/apps::) /mnt; do
		n=0
		until umount $d; do
			n=$((n + 1))
			[ $n -lt 30 ] || { fuser -m $d; return 1; }
			sleep 0.5
		done
	done
}
shell'

make_guests()
{
	data=$(mktemp /var/tmp/data.XXXXXX)
	truncate -s 256M "$data"
	mke2fs -q -t ext4 "$data"
	linux_initrd "$work/initrd" "$guest_script"
	linux_conf server "kernel = $linux_kernel" "initrd = $work/initrd" 'memory = 384M' 'cmdline = console=hvc0 quiet' \
		'[disk0]' "path = $apps" 'readonly = yes' '[disk1]' "path = $data" '[net0]' "address = $server/24" '[rng]' >/dev/null
	linux_conf client "kernel = $linux_kernel" "initrd = $work/initrd" 'memory = 256M' 'cmdline = console=hvc0 quiet' \
		'[disk0]' "path = $apps" 'readonly = yes' '[net0]' 'address = 10.76.0.3/24' '[rng]' >/dev/null
}

# in_database STATEMENT: from the client's guest.
in_database() { in_guest client 60 "as_postgres 'psql -h $server -Atqc \"$1\"'"; }

# N requests, all complete.
all_served()
{
	local report

	report=$(ab -q "$@" "http://$server/index.html" 2>&1)
	echo "$report"
	grep -q "Complete requests: *$2\$" <<<"$report" && grep -q 'Failed requests: *0$' <<<"$report" &&
		! grep -q 'Non-2xx' <<<"$report"
}

web()
{
	check "curl fetches nginx's page whole" eval "[ \$(curl -s http://$server/index.html | wc -c) = 20000 ]"
	check "$((requests / 10)) connections with a request each, none lost" all_served -n $((requests / 10)) -c 8
	check "$requests requests over lasting connections, none lost" all_served -n "$requests" -c 16 -k
	check "the other guest fetches it, too" in_guest client 30 "[ \$(wget -q -O - http://$server/ | wc -c) = 20000 ]"
}

# What pgbench booked stands thrice: by account, by teller and branch, and in its history.
books_agree()
{
	in_database 'select (select sum(abalance) from pgbench_accounts) = sum(delta) and (select sum(tbalance) from pgbench_tellers) = sum(delta) and (select sum(bbalance) from pgbench_branches) = sum(delta) and count(*) > 0 from pgbench_history'
}

database()
{
	check "pgbench fills its tables over the network" in_guest client 200 "as_postgres 'pgbench -h $server -i -q postgres'"
	check "and works for $work_seconds s with 4 clients" in_guest client $((work_seconds + 100)) \
		"as_postgres 'pgbench -h $server -c 4 -T $work_seconds postgres' >/tmp/pgbench && grep 'failed transactions: 0' /tmp/pgbench"
	in_guest client 10 "grep -E 'processed|tps' /tmp/pgbench" | sed 's/^/# /'
	same "the books agree" t "$(books_agree)"
}

# Inserts one row after the other; psql says when each is committed.
acknowledged() { in_guest client 10 'tail -n 1 /tmp/acks' | sed -n 's/^ack //p'; }
some_acknowledged() { [ "$(acknowledged)" -ge 20 ]; }

killed()
{
	local last

	in_database 'create table acks (n int)'
	in_guest client 30 "i=0; while [ \$i -lt 20000 ]; do i=\$((i+1)); echo \"insert into acks values (\$i);\"; echo \"\\\\echo ack \$i\"; done >/tmp/inserts; : >/tmp/acks; chmod 666 /tmp/acks"
	in_guest client 10 "as_postgres 'stdbuf -oL psql -h $server -q -v ON_ERROR_STOP=1 -f /tmp/inserts >>/tmp/acks 2>/tmp/acks.err' </dev/null >/dev/null 2>&1 &"
	check "rows are committed one by one" until_true 60 some_acknowledged
	kill -KILL "${pid[server]}"
	wait "${pid[server]}" 2>/dev/null
	last=$(acknowledged)
	check "the server is killed; its domain is gone" until_true 20 eval "! '$pvhv' list | grep -qw server"
	guest_start server
	check "and started again" guest_up server
	check "PostgreSQL recovers" in_guest server 150 serve
	same "all $last acknowledged rows are there" "$last" "$(in_database "select count(*) from acks where n <= $last")"
	same "and the books still agree" t "$(books_agree)"
}

ended()
{
	check "PostgreSQL ends in good order" in_guest server 90 leave
	for name in server client; do
		echo 'poweroff -f' >"$work/$name.keys"
		check "$name ends" until_true 60 eval "! kill -0 ${pid[$name]}" || kill -KILL "${pid[$name]}"
		wait "${pid[$name]}"
		same "$name powers off" 0 $? || tail -n 20 "$work/$name.out" "$work/$name.err" | sed 's/^/# /'
	done
	check "the file system of the cluster is clean" e2fsck -fn "$data"
}

linux_begin
take_cores 2
same "a second core can be taken" 2 "$taken"
make_guests
guest_start server
guest_start client
if check "the server comes up" guest_up server && check "the client comes up" guest_up client &&
	check "nginx and PostgreSQL start" in_guest server 150 serve; then
	web
	database
	killed
	ended
	check "the host has nothing to complain of" host_is_calm
else
	kill -INT "${pid[@]}"; sleep 2; kill -KILL "${pid[@]}" 2>/dev/null; wait
fi
rm -f "$data"
linux_end
