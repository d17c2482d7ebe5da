#!/bin/sh
# SPDX-License-Identifier: MIT
# Our own sources, as each tool reads them. No finding passes but those of known.tab, each of
# which has its reason there; and each tool has to find what is wrong with broken.c.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
config=$(cd "${top_builddir:-.}" && pwd)
top_srcdir=$(cd "$top_srcdir" && pwd) # as the tools name it
cd "$top_srcdir" || exit 1
here=tests/static
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Each public header; by the kernel's paths those that are no more than an #error left out.
include() { sed 's,^include/,,; s/.*/#include <&>/'; }
find include/klock.h include/klock -maxdepth 1 -name '*.h' | sort | include >"$work/headers.c"
cp "$work/headers.c" "$work/prefixed.c"
compat=include/klock/compat
find $compat -name '*.h' -exec grep -L '^#error' {} + | sort | sed "s,^$compat/,include/," |
	include >"$work/compat.c"
cp "$here/broken.c" "$work/broken.c"

# What is compiled with the same options: sets $files, $options and $std.
# shellcheck disable=SC2089 # the quotes are for the compiler
group()
{
	options="-D_GNU_SOURCE= -Iinclude -Ilib -I$config" std=-std=gnu11
	engine='-D_FILE_OFFSET_BITS=64 -Iexamples/filecache'
	case $1 in
	library)
		files="$(find lib bench -name '*.c' | sort) $(echo examples/*.c)
			$work/headers.c $work/broken.c"
		;;
	prefixed) files=$work/prefixed.c options="$options -DKLOCK_NO_KERNEL_NAMES" ;;
	filecache) files=$(echo examples/filecache/*.c) options="$options $engine" ;;
	compat) files="tests/compat/kernel.c $work/compat.c" options="$options -I$compat" ;;
	cplusplus) files=examples/cplusplus.cc options=-Iinclude std=-std=gnu++14 ;;
	# Not what is made for GenMC, nor, without Check, what needs it.
	tests)
		files=$(find tests -name '*.c' ! -path 'tests/genmc/*' \
			! -path 'tests/filecache/*' ! -path 'tests/explore/*' \
			! -path 'tests/static/*' ! -path 'tests/header/*' \
			! -path 'tests/compat/*' ! -name test_order_filecache.c \
			! -path 'tests/fuzz/cmdline.c' ! -path 'tests/fuzz/image*' | sort)
		files=$(with_check "$files") options="$options -Itests $check"
		;;
	explore)
		files=$(echo tests/explore/*.c)
		options="-Itests/explore/model $options -Itests
			-DKLOCK_ATOMIC_HEADER=\"explore/atomic.h\""
		;;
	engine)
		files=$(echo tests/filecache/*.c tests/lockdep/test_order_filecache.c \
			tests/fuzz/cmdline.c tests/fuzz/image*.c)
		files=$(with_check "$files") options="$options -Itests $engine $check"
		;;
	esac
}
check=$(pkg-config --cflags-only-I check 2>/dev/null)
has_check=$?
with_check()
{
	# shellcheck disable=SC2086 # a list of files
	if [ $has_check -eq 0 ]; then echo "$1"; else grep -L 'include.*ck_main\.h' $1; fi
}

# The lines on standard input, without those that known.tab has for the tool; its lines that
# nothing was found of are findings too.
unknown() # TOOL
{
	awk -F ' *[|] *' -v tool="$1" '
		FILENAME ~ /known\.tab$/ {
			if ($0 !~ /^#/ && index(" " $1 " ", " " tool " ")) {
				path[++n] = $2
				text[n] = $3
			}
			next
		}
		{
			known = 0
			for (i = 1; i <= n; i++)
				if (index($0, path[i]) == 1 && index($0, text[i]))
					known = used[i] = 1
			if (!known)
				print
		}
		END {
			for (i = 1; i <= n; i++)
				if (!used[i])
					print "no longer found: " path[i] ": " text[i]
		}' "$here/known.tab" -
}

# Runs the command on each group; KINDS are what it calls a finding.
analyse() # TOOL KINDS GROUPS COMMAND...
{
	tool=$1 kinds=$2 groups=$3
	shift 3
	if ! command -v "$1" >/dev/null; then
		skip "our own sources with $tool" "$1 is not here"
		return
	fi
	for group in $groups; do
		group "$group"
		run "$@"
		[ $? -lt 2 ] || echo "$group: error: $1 failed"
	done >"$work/out" 2>&1
	sed -n "\\,^/usr/,d; s,^$top_srcdir/,,; /^[^ ]*: \\($kinds\\): /p" "$work/out" |
		sort -u >"$work/found"
	if ! grep -q "^$work/broken.c:" "$work/found"; then
		fail "our own sources with $tool" "it finds nothing in broken.c
$(head "$work/out")"
		return
	fi
	check_empty "our own sources with $tool" \
		"$(grep -v "^$work/broken.c:" "$work/found" | unknown "$tool")"
}

# How a function leaves its locks is asked of programs, not of tests, which do it wrong on purpose.
programs='library prefixed filecache compat'
all="$programs tests explore engine"
# shellcheck disable=SC2086,SC2090 # lists of options and files
{
	run() { "$@" $std $options $files; }
	for version in 14 22; do
		analyse clang-$version 'warning\|error\|fatal error' "$programs cplusplus" \
			clang-$version -fsyntax-only -Wthread-safety -Wthread-safety-beta
	done

	run() { for file in $files; do "$@" $std $options "$file"; done; }
	# -Wno-non-pointer-null: PTHREAD_MUTEX_INITIALIZER of glibc has a plain 0.
	# The macros are what <unwind.h> and we use of gcc, and sparse does not know.
	analyse sparse 'warning\|error' "$programs" sparse -Wcontext -Wno-non-pointer-null \
		-D__unwind_word__=__DI__ '-D__builtin_ia32_rdtsc()=0ull'

	# It wants none of the system's headers, and so is told who it is.
	run() { "$@" $options $files; }
	analyse cppcheck 'error\|warning\|style\|performance\|portability' "$all" \
		cppcheck -q --language=c --std=c11 --template=gcc \
		--enable=warning,performance,portability \
		-D__linux__ -D__x86_64__ -D__GNUC__=12

	run() { "$@" $files -- $std $options; }
	for version in 14 22; do
		analyse clang-tidy-$version 'warning\|error' "$all cplusplus" \
			clang-tidy-$version --quiet --config-file=.clang-tidy
	done
}

check_empty "what .clang-tidy leaves out has a reason there" \
	"$(sed -n 's/^  -\([a-z].*[a-zA-Z]\),*$/\1/p' .clang-tidy | while read -r name; do
		grep -q "^#  $name  [^ ]" .clang-tidy || echo "$name"
	done)"
check_empty "what known.tab leaves out has a reason there" \
	"$(awk -F ' *[|] *' '!/^#/ && (NF != 4 || $4 == "")' $here/known.tab)"
finish
