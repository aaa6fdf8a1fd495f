#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What programs rely on, inside a Linux guest: signals, faults, debugging, FPU
# state, TLS, memory, processes, threads, clocks, communication, files on a virtio
# disk, entropy, 32-bit programs. One guest runs them all.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/guests.sh"
. "$(dirname "$0")/lib/linux.sh"
. "$(dirname "$0")/lib/user.sh"

linux_begin
user_run user 1 signals faults debug fpu tls memory shared ahead processes threads time ipc compat32 rng disk big oom
check "the kernel killed who took all memory" grep -qa '^OOM killed' "$work/out"
linux_end
