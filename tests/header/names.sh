#!/bin/sh
# SPDX-License-Identifier: MIT
# Which names klock.h takes from the program that includes it.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
cd "$top_srcdir" || exit 1
CC=${CC:-gcc}

# The macros that our headers define, one a line; $1 is a compiler option or nothing.
macros()
{
	echo '#include <klock.h>' | $CC ${1:+"$1"} -std=gnu11 -Iinclude -dD -E - | awk '
		/^# [0-9]+ "/ { ours = $3 ~ /include\/klock/ }
		ours && $1 == "#define" { sub(/\(.*/, "", $2); print $2 }' | sort -u
}
# The functions that our headers declare, except those that are named klock_.
unprefixed_functions()
{
	dir=$(mktemp -d) && echo '#include <klock.h>' >"$dir/a.c"
	gcc "$@" -std=gnu11 -Iinclude -aux-info "$dir/protos" -fsyntax-only "$dir/a.c"
	sed -n 's,^/\* include/klock[^ ]* \*/ ,,p' "$dir/protos" | grep -v '\bklock_[a-z0-9_]* ('
	rm -rf "$dir"
}

ours='^(KLOCK|klock)_'
all=$(macros)
if [ -z "$all" ]; then
	fail "macros of klock.h can be listed" "$CC -dD -E printed none"
	finish
fi
kernel=$(grep -v '^#' tests/header/kernel-names | sort)
added=$(echo "$all" | grep -Ev "$ours|^KLOCK_H$")
check_empty "macros are KLOCK_*, klock_* or listed in kernel-names" \
	"$(echo "$added" | grep -vxF "$kernel")"
check_empty "each listed kernel name is a macro of klock.h" \
	"$(echo "$kernel" | grep -vxF "$added")"
check_empty "no kernel macro under KLOCK_NO_KERNEL_NAMES" \
	"$(macros -DKLOCK_NO_KERNEL_NAMES | grep -Ev "$ours")"

if command -v gcc >/dev/null; then
	check_empty "no function but klock_* under KLOCK_NO_KERNEL_NAMES" \
		"$(unprefixed_functions -DKLOCK_NO_KERNEL_NAMES)"
	# The control: with the kernel's names the same search finds down_read and others.
	if unprefixed_functions | grep -q '\bdown_read ('; then
		pass "the kernel's function names are there otherwise"
	else
		fail "the kernel's function names are there otherwise"
	fi
else
	skip "functions under KLOCK_NO_KERNEL_NAMES" "gcc is needed to list them"
fi

coexist="$CC -std=gnu11 -Wall -Wextra -Werror -Iinclude -fsyntax-only tests/header/coexist.c"
check_empty "a program with its own mutex_lock compiles with KLOCK_NO_KERNEL_NAMES" \
	"$($coexist -DKLOCK_NO_KERNEL_NAMES 2>&1 || echo failed)"
if $coexist 2>/dev/null; then
	fail "a program with its own mutex_lock needs KLOCK_NO_KERNEL_NAMES"
else
	pass "a program with its own mutex_lock needs KLOCK_NO_KERNEL_NAMES"
fi
finish
