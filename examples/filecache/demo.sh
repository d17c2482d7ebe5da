#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: FILECACHE=path/to/filecache demo.sh [DIR]
# Shows what the invalidate lock is for, uses the file cache on a real file, and runs its
# engine under Helgrind. Works in a new folder below DIR, or below the program's own, and
# removes it. Exit status 0 only if all that it shows holds.

set -u
: "${FILECACHE:?set FILECACHE to the path of the program filecache}"
case $FILECACHE in
/*) ;;
*) FILECACHE=$PWD/$FILECACHE ;;
esac
dir=$(mktemp -d "${1:-$(dirname "$FILECACHE")}/demo.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

say() {
	printf '%s\n' "$@"
}
part() {
	say "" "---- $* ----" ""
}
die() {
	echo "demo: $*" >&2
	exit 1
}
# Shows the command, with the names a reader would type, and runs it.
run() {
	echo "  \$ filecache $*" | sed "s|$dir/||g"
	"$FILECACHE" "$@" || die "filecache $1 failed (exit status $?)"
}

# ---- 1. The race ------------------------------------------------------------------------

part "1 of 3: what the invalidate lock is for"
say "A page cache keeps pages of a file in memory. Whoever punches a hole in the file first" \
	"drops its pages from the cache, then frees the blocks on the disk, and another file" \
	"gets these blocks at once. A reader that looked up the old block in between brings" \
	"back data that are gone, or those of the other file. The invalidate lock, an rwsem," \
	"keeps readers that fill pages (shared) and hole punchers (exclusive) apart." \
	"" \
	"Every page of this race says which file, offset and generation it belongs to. First" \
	"the lock is switched off: there must be wrong pages. Then it is on: there must be none." \
	""
run race --dir "$dir"

# ---- 2. A real file ---------------------------------------------------------------------

part "2 of 3: the same cache on a real file, compared byte by byte"
file=$FILECACHE
image=$dir/disk.img
plain=$dir/plain
size=$(wc -c <"$file")
cp "$file" "$plain" || exit 1
say "The file is the program itself, $size bytes. It goes into a new image, and every change" \
	"is made to a plain copy too, with dd and truncate." ""

# plain_write OFFSET FILE, plain_zero OFFSET LENGTH: what write and punch do, on the copy
plain_write() {
	dd if="$2" of="$plain" bs=1 seek="$1" conv=notrunc status=none || exit 1
}
plain_zero() {
	head -c "$2" /dev/zero >"$dir/zeroes" || exit 1
	plain_write "$1" "$dir/zeroes"
}
same() { # WHAT
	"$FILECACHE" get "$image" program "$dir/copy" || die "filecache get failed"
	cmp "$plain" "$dir/copy" || die "$1: the file in the image differs from the plain copy"
	say "    same bytes as the plain copy"
}

run mkfs "$image" --size 16M
run put "$image" program "$file"
run ls "$image"
same put

echo "  \$ filecache read disk.img program 5000 70000"
"$FILECACHE" read "$image" program 5000 70000 >"$dir/part" || die "filecache read failed"
dd if="$plain" bs=1 skip=5000 count=70000 status=none | cmp - "$dir/part" ||
	die "read: the part differs"
say "    same bytes as the plain copy"

awk 'BEGIN { for (i = 1; i <= 1500; i++) printf "line %4d of new text\n", i }' >"$dir/text"
run write "$image" program 9001 "$dir/text"
plain_write 9001 "$dir/text"
same write

run punch "$image" program 20000 50000
plain_zero 20000 50000
same punch

run truncate "$image" program 60001
truncate -s 60001 "$plain"
same "truncate to less"

run truncate "$image" program 150000
truncate -s 150000 "$plain"
same "truncate to more"

run write "$image" program 149990 "$dir/text"
plain_write 149990 "$dir/text"
same "write past the end"

say "" "What the cache did while the file was read twice:"
run stat "$image" program
run ls "$image"
run fsck "$image"

# ---- 3. Helgrind ------------------------------------------------------------------------

part "3 of 3: the engine under Helgrind"
say "Valgrind's Helgrind watches every access to memory of a short race with the lock on, and" \
	"finds data races and locks taken in two orders. It must have nothing to say. (Without" \
	"memory mappings: Valgrind does not know userfaultfd.)" ""
if ! command -v valgrind >/dev/null; then
	die "valgrind is not installed: apt-get install valgrind libc6-dbg"
fi
echo "  \$ valgrind --tool=helgrind filecache race --lock on --threads 1 --seconds 2 --no-mapped"
valgrind -q --tool=helgrind --fair-sched=try --error-exitcode=99 \
	"$FILECACHE" race --dir "$dir" --lock on --threads 1 --seconds 2 --no-mapped --quiet \
	>"$dir/helgrind.out" 2>&1
status=$?
if [ $status -ne 0 ]; then
	cat "$dir/helgrind.out"
	[ $status -eq 99 ] && die "Helgrind found errors"
	die "the race under Helgrind failed (exit status $status)"
fi
grep -E '=>|As expected' "$dir/helgrind.out"
say "" "Helgrind: no errors." "" "All of it holds."
