#!/bin/sh
# SPDX-License-Identifier: MIT
# Every file is in a list of some local.mk, so that it is built and packed.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

(cd "${top_builddir:-.}" && env -u MAKEFLAGS -u MAKELEVEL "${MAKE:-make}" -s print-distfiles) |
	sort -u >"$work/packed"
if [ ! -s "$work/packed" ]; then
	fail "make print-distfiles lists files" "run this through make check"
	finish
fi
cd "$top_srcdir" || exit 1
packed() { grep -vxF -f "$work/packed"; }

check_empty "headers, sources and scripts are in their local.mk" \
	"$(find bench doc examples include lib tests -name '*.[ch]' -o -name '*.cc' \
		-o -name '*.sh' -o -name '*.def' -o -name local.mk | sort | packed)"
if [ -e .git ] && command -v git >/dev/null; then
	check_empty "every file in git is packed" "$(git ls-files | packed)"
else
	skip "every file in git is packed" "not a git work tree"
fi
finish
