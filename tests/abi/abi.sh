#!/bin/sh
# SPDX-License-Identifier: MIT
# The binary interface is what klock.abi says. CONTRIBUTING tells how to change it.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
abi=$top_srcdir/tests/abi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

if ! command -v gcc >/dev/null || [ "$(getconf LONG_BIT)" != 64 ]; then
	echo "the binary interface is recorded for machines of 64 bits, and told by gcc"
	exit 77
fi
if ! sh "$abi/describe" "$top_srcdir" >"$work/now"; then
	fail "the headers can be described"
	finish
fi
if why=$(sh "$abi/judge" "$abi/klock.abi" "$work/now"); then
	pass "the binary interface is as recorded"
else
	fail "the binary interface is as recorded" "$why"
fi

# Controls: what breaks programs is found, and wants another version once there is a release.
mkdir "$work/src" || exit 1
cp -r "$top_srcdir/include" "$top_srcdir/lib" "$top_srcdir/configure.ac" "$work/src/" || exit 1
chmod -R u+w "$work/src"
cd "$work/src" || exit 1
sed '1s/ unreleased$/ released/' "$work/now" >"$work/released"

# found NAME FILE EXPRESSION LINE STATUS [VERSION]: a change, one line of what is told of it
found() {
	cp "$2" "$work/saved"
	cp configure.ac "$work/saved.ac"
	sed -i "$3" "$2"
	sed -i "s/\(VERSION_INFO\], \[\)[0-9:]*/\1${6-0:0:0}/" configure.ac
	out=$(sh "$abi/describe" . >"$work/then" && sh "$abi/judge" "$work/released" "$work/then")
	status=$?
	if [ $status = "$5" ] && echo "$out" | grep -q "$4"; then pass "$1"
	else fail "$1" "exit status $status
$out"; fi
	cp "$work/saved" "$2"
	cp "$work/saved.ac" configure.ac
}

swap='s/uint32_t word;/uint32_t SPIN;/;s/spin;/word;/;s/SPIN/spin/'
mutex="/^struct KLOCK_TAG(mutex)/,/^}/{$swap}"
found "members that change places are found" include/klock/mutex.h "$mutex" \
	'> struct mutex  4 + 4 word' 2
found "a new soname allows it" include/klock/mutex.h "$mutex" 'make record-abi' 1 1:0:0
found "a new current alone does not" include/klock/mutex.h "$mutex" 'age 0' 2 1:0:1
found "a symbol that went is found" lib/klock.map '/klock_mutex_release;/d' \
	'< function void klock_mutex_release' 2
found "a parameter that changed is found" include/klock/mutex.h \
	'/klock_mutex_acquire(/,/;/s/int64_t/int32_t/' '> function int klock_mutex_acquire' 2
found "an enum's value that changed is found" include/klock/lockword.h \
	's/KLOCK_KILLABLE = 0x04/KLOCK_KILLABLE = 0x40/' '> constant KLOCK_KILLABLE 0x40' 2
found "a bit of the state word that moved is found" include/klock/lockword.h \
	's/\(KLOCK_W_WAKING \)0x04u/\10x08u/' '< constant KLOCK_W_WAKING 0x4' 2
found "an inline function that changed is found" include/klock/lockword.h \
	'/klock_word_read_try/,/^}/s/klock_cas_acquire/klock_cas_relaxed/' \
	'> inline klock_word_read_try' 2
found "an inline function may change with the version" include/klock/lockword.h \
	'/klock_word_read_try/,/^}/s/klock_cas_acquire/klock_cas_relaxed/' \
	'make record-abi' 1 1:0:1
found "comments may change" include/klock/lockword.h 's/only a guess/no more than a guess/' '^$' 0
finish
