#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Test guests: rows G, ports and events.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"

guests_begin
# shellcheck disable=SC2046 # one word per folder
[ $# -gt 0 ] || set -- $(cd "$guest_dir" && ls -d g[-0-9]*)
guests_run "$@"
guests_end
