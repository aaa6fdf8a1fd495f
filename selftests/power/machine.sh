#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The other kind of machine that the module meets: five levels of page tables and APICs in x2APIC mode, as today's
# servers and clouds have them. Runs beside the test host, which has neither: tests that depend on
# them, in a host of that kind. PVHV_PAYLOAD is what it sees as /pvhv.
tree=$(cd "$(dirname "$0")/../.." && pwd)
. "$tree/selftests/lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The marks of in-machine become results.
passed() { grep -q "^passed: $1\$" "$work/out"; }

tests=(core_take core_host 'guest_a.sh a1-sweep a1-halves a2-siblings a8-breakpoints a9-slots' 'guest_basic.sh'
	'guest_c.sh c6-roots' 'guest_d.sh d1-edges d2-registration' 'guest_h.sh h5-triple'
	'linux_smp.sh signals faults tls memory threads compat32')

plan $((3 + ${#tests[@]}))
printf '%s\n' "${tests[@]}" >"$work/tests"
mkdir "$work/files"
mv "$work/tests" "$work/files/"
RIG_CPU=max,la57=on,x2apic=on,erms=off,fsrm=off "$tree/selftests/rig/host" --quiet --payload "$PVHV_PAYLOAD" --timeout 800 \
	--files "$work/files" --cmd 'bash selftests/power/in-machine' \
	--qemu '-machine kernel-irqchip=split -device intel-iommu,intremap=on,eim=on' 2>"$work/err" |
	tr -d '\r' >"$work/out" || true
check "the host has five levels of page tables" passed la57 || tail -n 40 "$work/out" "$work/err" | sed 's/^/# /'
check "and its APICs are in x2APIC mode" passed x2apic
check "the module says so, and that it can take cores" passed doctor
for t in "${tests[@]}"; do
	check "$t" passed "$t" || sed -n "/^begin: $t\$/,/^end: /p" "$work/out" | grep -v '^ok' | sed 's/^/# /'
done
finish
