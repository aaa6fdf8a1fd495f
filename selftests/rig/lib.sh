# SPDX-License-Identifier: GPL-2.0
#
# What all scripts of the rig share: where the caches lie, how steps report
# themselves, how a step runs once for a given content. Sourced, never run.

set -euo pipefail
export LC_ALL=C

rig_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rig_tree=$(cd "$rig_dir/../.." && pwd)
rig_cache=${PVHV_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pvhv}
# PID 1 scripts and some build machines have no sbin in their PATH.
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$rig_cache"

say() { printf '[rig] %s\n' "$*" >&2; }

die()
{
	printf '[rig] error: %s\n' "$*" >&2
	exit 1
}

# Counts the lines of a long step on stdin and shows how far it is:
# progress LABEL [EXPECTED]. On a terminal it rewrites one line, elsewhere
# (CI logs) it prints a line every 15 seconds.
progress()
{
	local label=$1 total=${2:-} n=0 last=$SECONDS start=$SECONDS line
	local gap=15
	[ -t 2 ] && gap=1

	while IFS= read -r line; do
		n=$((n + 1))
		[ $((SECONDS - last)) -ge $gap ] || continue
		last=$SECONDS
		progress_line "$label" "$n" "$total" $((SECONDS - start))
	done
	progress_line "$label" "$n" "$total" $((SECONDS - start))
	if [ -t 2 ]; then echo >&2; fi
}

progress_line()
{
	local end='\n'

	[ -t 2 ] && end='\r'
	# shellcheck disable=SC2059
	printf "[rig] %s: %s%s steps, %s s$end" "$1" "$2" "${3:+ of about $3}" "$4" >&2
}

# A key of 16 digits for the content on stdin.
content_key() { sha256sum | cut -c1-16; }

# once RESULT COMMAND...: makes RESULT (a file or folder in the cache) by
# COMMAND unless it is there. Two runs at once do the work once. COMMAND
# writes to $1.new, so that a broken step leaves no half result behind.
once()
{
	local result=$1 lock
	shift

	[ -e "$result" ] && return 0
	mkdir -p "$(dirname "$result")"
	lock=$result.lock
	(
		exec 9>"$lock"
		flock -n 9 || { say "waiting for another run that makes $(basename "$result")"; flock 9; }
		[ -e "$result" ] && exit 0
		rm -rf "$result.new"
		"$@" "$result.new"
		mv "$result.new" "$result"
	) 9>&-
}

# need PACKAGE...: installs the Debian packages that are missing.
need()
{
	local p missing=()

	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
			grep -q 'ok installed' || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] ||
		die "these packages are missing: ${missing[*]}; run: apt-get install ${missing[*]}"
	say "installing ${#missing[@]} missing packages: ${missing[*]}"
	(
		exec 9>"$rig_cache/apt.lock"
		flock 9
		export DEBIAN_FRONTEND=noninteractive
		apt_fresh
		apt-get install -y --no-install-recommends "${missing[@]}" 2>&1 |
			tee "$rig_cache/apt.log" | grep -E '^(Get|Unpacking|Setting up)' |
			progress "apt-get install"
	) 9>&- || {
		tail -n 15 "$rig_cache/apt.log" >&2
		die "apt-get could not install ${missing[*]}"
	}
}

# What module, tools and tests are built with.
build_packages=(rsync git make gcc libc6-dev libelf-dev libjson-c-dev libinih-dev liblzma-dev libmnl-dev
	zlib1g-dev libzstd-dev libncurses-dev python3)

# Package lists once a day are enough; a new machine has none.
apt_fresh()
{
	local stamp=$rig_cache/apt.stamp

	# A cache may outlive its machine: the lists themselves must be there, too.
	if [ -n "$(find "$stamp" -mmin -1440 2>/dev/null)" ] &&
		[ -n "$(find /var/lib/apt/lists -name '*Packages*' -print -quit 2>/dev/null)" ]; then
		return 0
	fi
	say "apt-get update"
	apt-get -q update >"$rig_cache/apt.log" 2>&1 ||
		say "warning: apt-get update failed, going on with the lists there are"
	touch "$stamp"
}

# The Debian release of the test host's kernel: 6.1.0-56-amd64 for 6.1.
# The newest one that the package sources offer.
kernel_version()
{
	local meta=linux-image-amd64 dep

	[ "$1" = 6.1 ] || meta=linux-image-$1-amd64
	dep=$(apt-cache depends "$meta" 2>/dev/null |
		sed -n 's/.*Depends: linux-image-\([0-9].*\)/\1/p' | head -n 1)
	if [ -z "$dep" ]; then
		apt_fresh
		dep=$(apt-cache depends "$meta" 2>/dev/null |
			sed -n 's/.*Depends: linux-image-\([0-9].*\)/\1/p' | head -n 1)
	fi
	[ -n "$dep" ] || die "no package $meta in the apt sources (6.12 comes from bookworm-backports or bookworm-security)"
	echo "$dep"
}

# tree_files PATH...: the files below these paths that git knows or would
# know; what a build made stays out.
tree_files()
{
	git -C "$rig_tree" -c safe.directory='*' ls-files -co --exclude-standard -- "$@" |
		while IFS= read -r f; do
			if [ -e "$rig_tree/$f" ]; then echo "$f"; fi
		done | sort -u
}

# sync_tree FOLDER: brings FOLDER's copy of the sources up to date; the files
# are listed in FOLDER.list. No times are copied: a changed file is new for make, an
# unchanged one is old. Files that left the tree leave the copy.
sync_tree()
{
	local copy=$1

	mkdir -p "$copy"
	tree_files Kbuild kmod userspace selftests guest-patches >"$copy.list.new"
	if [ -f "$copy.list" ]; then
		comm -23 "$copy.list" "$copy.list.new" |
			(cd "$copy" && xargs -r -d '\n' rm -f)
	fi
	mv "$copy.list.new" "$copy.list"
	rsync -rlpc --files-from="$copy.list" "$rig_tree/" "$copy/"
}
