#!/bin/sh
# SPDX-License-Identifier: MIT
# What clang -Wthread-safety and sparse find in programs that use the locks: each function that
# forms.tab makes of the locks of locks.tab has to be warned of, or not, as it says.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
here=$top_srcdir/tests/static
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

{
	cat "$here/prelude.h"
	LC_ALL=C awk -f "$here/snippets.awk" "$here/locks.tab" "$here/forms.tab"
} >"$work/kernel.c"
# The same by the names with klock_.
take='\(mutex\|down\|up\|percpu\|iocb\|iomap\|downgrade\|rwsem_assert\|scoped\)[a-z_]*('
sed "s/\([^a-z_>]\)\($take\)/\1klock_\2/g
	s/\([^a-z_]\)guard(/\1klock_guard(/g
	s/lockdep_assert_held/klock_assume_held/
	s/\(_lock\|_write\)_nest_lock(\([^,]*\), &mutex)/\1_nest_map(\2, \&mutex.dep_map)/" \
	"$work/kernel.c" >"$work/prefixed.c"
cp "$work/kernel.c" "$work/kernel.cc"
# By the kernel's paths, with its own annotations.
{
	cat "$here/context.h"
	LC_ALL=C awk -f "$here/snippets.awk" "$here/context.tab"
} >"$work/context.c"
compat="-I$top_srcdir/include/klock/compat"
flags="-D_GNU_SOURCE -I$top_srcdir/include"

# Lines of $2 that the tool warned of are in $work/warned; members of structs count if $3.
judge() # TOOL FILE MEMBERS COLUMN
{
	awk -v column="$4" -v members="$3" '
		FILENAME ~ /warned$/ { warned[$1] = 1; next }
		/\/\* [a-z]+ [a-z]+ \*\/$/ {
			wanted = $(NF - 3 + column)
			if (wanted == "member")
				wanted = members ? "warns" : "blind"
			noisy = wanted == "warns" || wanted == "misled"
			name = $2
			sub(/\(.*/, "", name)
			if (noisy && !(FNR in warned))
				print "no warning of " name
			if (!noisy && wanted != "either" && FNR in warned)
				print "a warning of " name
			delete warned[FNR]
			n++
		}
		END {
			if (!n) print "no functions"
			for (line in warned) print "a warning elsewhere, line " line
		}' "$work/warned" "$2" >"$work/wrong"
	check_empty "$1" "$(cat "$work/wrong")"
}

analyse() # WHAT COLUMN FILE MEMBERS COMMAND...
{
	what=$1 column=$2 file=$3 members=$4
	shift 4
	# shellcheck disable=SC2086 # a list of options
	"$@" $flags "$file" >"$work/out" 2>&1
	if grep -q ' error: ' "$work/out"; then
		fail "$what" "$(grep ' error: ' "$work/out" | head)"
		return
	fi
	check_empty "$what: the headers themselves" \
		"$(grep 'include/klock[^ ]*: warning:' "$work/out")"
	sed -n "s,^$file:\([0-9]*\):[0-9]*: warning: .*,\1,p" "$work/out" | sort -u >"$work/warned"
	judge "$what" "$file" "$members" "$column"
}

# 22 warns of more, where it is there.
command -v clang-14 >/dev/null || command -v clang-22 >/dev/null ||
	skip "clang -Wthread-safety" "neither clang-14 nor clang-22 is here"
for version in 14 22; do
	clang=clang-$version
	command -v $clang >/dev/null || continue
	check="-fsyntax-only -Wall -Wextra -Wno-comment -Wthread-safety -Wthread-safety-beta"
	# shellcheck disable=SC2086 # a list of options
	{
		analyse "$clang -Wthread-safety, C" 1 "$work/kernel.c" '' \
			$clang $check -std=gnu11
		analyse "$clang -Wthread-safety, names with klock_" 1 "$work/prefixed.c" '' \
			$clang $check -std=gnu11 -DKLOCK_NO_KERNEL_NAMES
		analyse "$clang -Wthread-safety, C++" 1 "$work/kernel.cc" yes $clang $check
		[ $version = 14 ] || analyse "$clang -Wthread-safety, C with members" 1 \
			"$work/kernel.c" yes $clang $check -std=gnu11 \
			-fexperimental-late-parse-attributes -DKLOCK_LATE_ATTRIBUTES
		[ $version = 14 ] || analyse "$clang -Wthread-safety, the kernel's annotations" 1 \
			"$work/context.c" yes $clang $check -std=gnu11 $compat \
			-fexperimental-late-parse-attributes -DWARN_CONTEXT_ANALYSIS
	}
done

if command -v sparse >/dev/null; then
	analyse "sparse -Wcontext" 2 "$work/kernel.c" '' sparse -std=gnu11 -Wcontext \
		-fmax-warnings=unlimited
	analyse "sparse -Wcontext, the kernel's annotations" 2 "$work/context.c" '' sparse \
		-std=gnu11 -Wcontext "$compat"
else
	skip "sparse -Wcontext" "sparse is not here"
fi
finish
