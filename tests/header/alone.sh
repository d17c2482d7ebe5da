#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone (and twice), without a warning, as C11, gnu11 and
# C++14, with each compiler that is here, with and without the kernel's names.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
cd "$top_srcdir/include" || exit 1

c_compilers=
cxx_compilers=
for compiler in gcc clang; do
	command -v $compiler >/dev/null && c_compilers="$c_compilers $compiler"
done
for compiler in g++ clang++; do
	command -v $compiler >/dev/null && cxx_compilers="$cxx_compilers $compiler"
done
echo "compilers:${c_compilers:- no C compiler}${cxx_compilers:- no C++ compiler}"

compile() # HEADER COMPILER LANGUAGE STANDARD
{
	for names in '' -DKLOCK_NO_KERNEL_NAMES; do
		printf '#include <%s>\n#include <%s>\n' "$1" "$1" |
			"$2" -x "$3" -std="$4" -Wall -Wextra -Wshadow -Wundef -Werror -I. $names \
				-fsyntax-only - 2>&1 || echo "$2 -std=$4 $names failed"
	done
}

for header in klock.h klock/*.h; do
	errors=
	for compiler in ${c_compilers:-$CC}; do
		errors=$errors$(compile "$header" "$compiler" c c11)
		errors=$errors$(compile "$header" "$compiler" c gnu11)
	done
	check_empty "$header alone in C" "$errors"
	if [ -z "$cxx_compilers" ]; then
		skip "$header alone in C++" "no g++ or clang++"
		continue
	fi
	errors=
	for compiler in $cxx_compilers; do
		errors=$errors$(compile "$header" "$compiler" c++ c++14)
	done
	check_empty "$header alone in C++" "$errors"
done
finish
