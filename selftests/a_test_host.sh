#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The test host is what the tests take for granted: a stock Debian kernel
# with four CPUs, all online, that booted without complaint.
. "$(dirname "$0")/lib/tap.sh"

complaints() { dmesg | grep -E 'WARNING:|BUG:|Oops|Call Trace'; }
taint() { echo $(($(cat /proc/sys/kernel/tainted) & (1 << 7 | 1 << 9))); }

plan 5
check "the kernel is Debian's" grep -q 'Debian' /proc/version
same "four CPUs are online" 0-3 "$(cat /sys/devices/system/cpu/online)"
refute "the boot log has no complaint" complaints
same "the kernel has not warned or died" 0 "$(taint)"
refute "the module is not loaded" grep -q '^pvhv ' /proc/modules
finish
