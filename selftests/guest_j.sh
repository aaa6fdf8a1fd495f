#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Test guests: rows J, hostile front ends.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"

guests_begin
# Routes of j16-packets lead to an interface without link headers, for which the host's stack must fill in checksums.
ip link add l3 type wireguard
ethtool -K l3 tx off >/dev/null
ip link set l3 up
ip route add 10.76.9.0/24 dev l3
# shellcheck disable=SC2046 # one word per folder
[ $# -gt 0 ] || set -- $(cd "$guest_dir" && ls -d j[-0-9]*)
guests_run "$@"
ip link del l3
guests_end
