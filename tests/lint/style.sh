#!/bin/sh
# SPDX-License-Identifier: MIT
# What CONTRIBUTING asks of every file, as far as it can be counted.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
cd "$top_srcdir" || exit 1

sources=$(find include lib tests examples -name '*.[ch]' -o -name '*.cc' -o -name '*.sh' \
	-o -name '*.def' -o -name local.mk)

# shellcheck disable=SC2086 # the list is split on purpose
each() { awk "$@" $sources; }

check_empty "files have at most 600 lines" \
	"$(each 'FNR == 601 { print FILENAME }')"
check_empty "lines have at most 100 columns" \
	"$(for file in $sources; do
		expand "$file" | awk -v file="$file" \
			'length($0) > 100 { print file ":" FNR ": " length($0) }'
	done)"
check_empty "no blanks at the end of a line" \
	"$(each '/[ \t]$/ { print FILENAME ":" FNR }')"
check_empty "scripts can be read by sh" \
	"$(for file in $(find tests examples -name '*.sh'); do sh -n "$file" 2>&1; done)"
check_empty "files say their licence on one of the first two lines" \
	"$(each 'FNR == 1 && file != "" && !spdx { print file }
		FNR == 1 { file = FILENAME; spdx = 0 }
		FNR <= 2 && /SPDX-License-Identifier: MIT/ { spdx = 1 }
		END { if (!spdx) print file }')"

version=$(sed -n 's/^AC_INIT(\[klock\], \[\([0-9.]*\)\].*/\1/p' configure.ac)
grep -qx "#define KLOCK_VERSION \"$version\"" include/klock/version.h
wrong=$?
parts=$(sed -n 's/^#define KLOCK_VERSION_[A-Z]* //p' include/klock/version.h | paste -sd.)
[ "$wrong:$parts" = "0:$version" ] && wrong= || wrong="configure.ac: $version, version.h: $parts"
check_empty "version.h says the version of configure.ac" "$wrong"
finish
