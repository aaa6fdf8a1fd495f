#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# linux_smp.sh [PART...]: a Linux guest with two CPUs, on two cores and on one: what programs rely on
# where CPUs work together. With PARTs (linux/guest-tests) only these, on two cores.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"
. "$(dirname "$0")/lib/user.sh"

linux_begin
[ $# -gt 0 ] || user_run one_core 2 threads memory ahead vcpus
take_cores 2
same "a second core can be taken" 2 "$taken"
[ $# -gt 0 ] || set -- signals debug fpu tls memory processes threads time ipc shared ahead disk
user_run two_cores 2 "$@"
linux_end
