#!/bin/sh
# SPDX-License-Identifier: MIT
# Arrows point down only: locks -> hang -> lockdep -> annotate -> (wait/task.h) and wait -> base.
# Only base knows what a futex is called. A folder that is not in the table fails.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
cd "${1:-$top_srcdir/lib}" || exit 1

allowed() # LAYER INCLUDED-FILE
{
	case $1:$2 in
	*:config.h) ;;
	base:base/*) ;;
	wait:base/* | wait:wait/*) ;;
	annotate:base/* | annotate:annotate/* | annotate:wait/task.h) ;;
	lockdep:base/futex.h) false ;;
	lockdep:base/* | lockdep:annotate/* | lockdep:wait/task.h | lockdep:lockdep/*) ;;
	lockstat:base/futex.h) false ;;
	lockstat:base/* | lockstat:annotate/watch.h | lockstat:wait/task.h) ;;
	lockstat:lockdep/class.h | lockstat:lockdep/own_key.h) ;;
	lockstat:lockdep/arena.h | lockstat:lockdep/shared.h) ;;
	lockstat:lockstat/*) ;;
	hang:base/futex.h) false ;;
	hang:base/* | hang:wait/* | hang:annotate/watch.h | hang:lockdep/peek.h | hang:hang/*) ;;
	locks:base/futex.h) false ;;
	locks:base/* | locks:wait/* | locks:annotate/* | locks:hang/hang.h | locks:locks/*) ;;
	*) false ;;
	esac
}

for layer in */; do
	layer=${layer%/}
	found=$(grep -sn '^ *# *include *"' "$layer"/*.[ch] /dev/null |
		sed 's/^\([^:]*:[0-9]*\):[^"]*"\([^"]*\)".*/\1 \2/' |
		while read -r where file; do
			# "x.h" beside the including file is the layer's own
			[ "${file#*/}" != "$file" ] || [ "$file" = config.h ] || file=$layer/$file
			allowed "$layer" "$file" || echo "$where: $layer may not include $file"
		done)
	check_empty "$layer includes only what is below it" "$found"
done
check_empty "no futex system call outside base" \
	"$(grep -nE 'SYS_futex|__NR_futex|FUTEX_[A-Z]|linux/futex\.h' ./*/*.[ch] |
		grep -v '^\./base/')"
finish
