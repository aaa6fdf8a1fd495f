# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Runs parts of guest-tests in one guest and folds their results in. Sourced,
# behind linux.sh:
#
#	user_run NAME VCPUS PART...

user_script()
{
	local part

	echo 'mount -t ext4 /dev/vda /mnt'
	for part; do
		if [ "$part" = compat32 ]; then
			echo 'section compat32 /compat32'
		else
			echo "section $part /guest-tests $part"
		fi
	done
	cat <<-'END'
	umount /mnt
	echo "cpus: $(nproc)"
	echo "complaints: $(dmesg | grep -cE 'WARNING|BUG|Oops|stall|pvhv:.*(failed|refused)')"
	dmesg | grep -E -A20 'WARNING|BUG|Oops|stall|pvhv:.*(failed|refused)' | head -n 60
	dmesg | grep -q 'Killed process' && echo 'OOM killed'
	END
}

user_run()
{
	local name=$1 vcpus=$2 data conf part
	shift 2

	# On a file system with direct I/O, other than $work.
	data=$(mktemp /var/tmp/data.XXXXXX)
	truncate -s 96M "$data"
	mke2fs -q -t ext4 "$data"
	linux_initrd "$work/initrd" "$(user_script "$@")" "$linux_dir/guest-tests" "$linux_dir/compat32"
	conf=$(linux_conf "$name" "kernel = $linux_kernel" "initrd = $work/initrd" "memory = 256M" \
		"vcpus = $vcpus" "cmdline = console=hvc0 quiet" '' '[disk0]' "path = $data" '' '[rng]')
	linux_start "$conf"
	check "the guest comes up" linux_until $linux_patience '^# linux: up'
	linux_until 780 '^# linux: end' || true
	linux_wait 60
	for part; do linux_section "$part"; done
	check "it has $vcpus CPUs" grep -qa "^cpus: $vcpus" "$work/out"
	check "the guest's kernel complains of nothing" grep -qa '^complaints: 0' "$work/out" ||
		sed -n '/^complaints:/,$p' "$work/out" | tr -d '\r' | sed 's/^/# /'
	linux_ended "$name" 0 'powered off'
	check "its file system is clean" e2fsck -fn "$data"
	rm -f "$data"
}
