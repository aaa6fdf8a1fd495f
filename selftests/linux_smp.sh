#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A Linux guest with two CPUs, on two cores and on one: what programs rely on
# where CPUs work together.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"
. "$(dirname "$0")/lib/user.sh"

linux_begin
user_run one_core 2 threads memory ahead vcpus
take_cores 2
same "a second core can be taken" 2 "$taken"
user_run two_cores 2 signals debug fpu tls memory processes threads time ipc shared ahead disk
linux_end
