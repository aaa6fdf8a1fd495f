#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Load, take, give, unload, again and again: the host's memory is as it was.
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/hostmem.sh"

cycles=15
pvhv=/pvhv/bin/pvhv

cycle()
{
	insmod /pvhv/pvhv.ko &&
		$pvhv cpu take 1-3 >/dev/null &&
		$pvhv cpu give 1-3 >/dev/null &&
		rmmod pvhv
}

cycles()
{
	local i

	for ((i = 0; i < $1; i++)); do cycle || return 1; done
}

# What the host has less with three cores taken, KiB; $1: at most.
own_memory()
{
	local before after status=0

	insmod /pvhv/pvhv.ko || return 1
	before=$(hostmem_used)
	$pvhv cpu take 1-3 >/dev/null || status=1
	after=$(hostmem_used)
	$pvhv cpu give 1-3 >/dev/null && rmmod pvhv || status=1
	[ $status = 0 ] && hostmem_not_grown "$1" "$before" "$after"
}

plan 3
# Linux' own caches (slabs, per-CPU lists, page tables of modules) fill at first.
check "cores are taken and given in the first cycles" cycles 5
# A core's own memory is about 250 KiB: the loss of one in each cycle would be 4 MiB.
check "and in $cycles more, which do not shrink the host's memory" hostmem_rounds 1536 cycles $cycles
check "the hypervisor's own memory is 2 MiB a core at most" own_memory $((3 * 2048))
finish
