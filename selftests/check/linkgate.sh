#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# linkgate.sh TREE: the core side reaches for nothing of Linux. TREE holds the built
# module. Its core-side objects are linked together: whatever is undefined then must
# be named in kmod/core-imports.txt, and no section may have content that only
# Linux' own module loader brings to life (alternatives, jump labels, bug table ...).
set -euo pipefail
export LC_ALL=C

tree=${1:-.}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$tree"

read -ra objects < <(make -s -f Kbuild src=. pvhv-print-core)
[ ${#objects[@]} -gt 0 ] || { echo "Kbuild lists no object in core-y"; exit 1; }
for o in "${objects[@]}"; do
	[ -f "$o" ] || { echo "$o is not built"; exit 1; }
done

ld -r -o "$dir/core.o" "${objects[@]}"
bad=0

nm -u "$dir/core.o" | awk '{ print $NF }' | sort -u >"$dir/undefined"
sed 's/#.*//; s/[[:space:]]//g; /^$/d' kmod/core-imports.txt | sort -u >"$dir/allowed"
while IFS= read -r symbol; do
	bad=1
	echo "the core side uses '$symbol':"
	for o in "${objects[@]}"; do
		if nm -u "$o" | grep -qw -- "$symbol"; then echo "  $o"; fi
	done
done < <(comm -23 "$dir/undefined" "$dir/allowed")
while IFS= read -r symbol; do
	bad=1
	echo "kmod/core-imports.txt allows '$symbol', which nobody uses"
done < <(comm -13 "$dir/undefined" "$dir/allowed")

forbidden='__bug_table|__jump_table|\.altinstructions|\.alt_instr|\.static_call_sites'
forbidden+='|__mcount_loc|__patchable_function_entries|\.discard|\.data\.\.percpu|__ex_table'
forbidden+='|\.call_sites|__tracepoints|\.init\.|\.exit\.'
while read -r section size; do
	[ $((16#$size)) -gt 0 ] || continue
	bad=1
	echo "the core side has $((16#$size)) bytes in section $section:"
	for o in "${objects[@]}"; do
		if objdump -h "$o" | grep -qF " $section "; then echo "  $o"; fi
	done
done < <(objdump -h "$dir/core.o" | awk '$1 ~ /^[0-9]+$/ { print $2, $3 }' | grep -E "^($forbidden)" || true)

# A guest's branches train what predicts ours: an indirect jump or call is a retpoline, or stands behind LFENCE.
# (The gate's code is data of the module.)
for o in "${objects[@]}"; do
	section=.text
	if [[ $o == */gate_text.o ]]; then section=.rodata; fi
	objdump -D -j $section --no-show-raw-insn "$o" >"$dir/code" 2>/dev/null || continue
	awk '/\t(jmp|call) +\*/ && last !~ /lfence/ { print } /^ +[0-9a-f]+:\t/ { last = $0 }' "$dir/code" >"$dir/bare"
	[ -s "$dir/bare" ] || continue
	bad=1
	echo "$o has indirect branches without a retpoline:"
	head -n 5 "$dir/bare"
done

exit $bad
