#!/bin/sh
# SPDX-License-Identifier: MIT
# Declared orders outside of one C program: in C++, in a module that dlopen() brings, in a
# static library, and from a file; and what the checker says of it.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

cat >swapped.c <<'END'
#include <klock.h>
#ifdef ORDER
LOCKDEP_ORDER("first", "second");
#endif
static struct mutex first, second;
int main(void)
{
	mutex_init(&first);
	mutex_init(&second);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return 0;
}
END
cat >module.c <<'END'
#include <klock/lock_order.h>
LOCKDEP_ORDER("first", "second");
int module;
END
cat >loader.c <<'END'
#include <dlfcn.h>
#include <klock.h>
#include <stdio.h>
static struct mutex first, second;
static const char *swap(void)
{
	debug_locks = 1;
	lockdep_reset();
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return debug_locks ? "silent" : "reported";
}
int main(int argc, char **argv)
{
	void *module;

	mutex_init(&first);
	mutex_init(&second);
	debug_locks_silent = 1;
	printf("before %s\n", swap());
	module = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	printf("loaded %s\n", swap());
	if (!module || dlclose(module))
		return 1;
	printf("unloaded %s\n", swap());
	return 0;
}
END
cat >texts.c <<'END'
#include <klock.h>
#include <string.h>
static struct mutex first, second, stray;
static void nest(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}
int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	mutex_init(&first);
	mutex_init(&second);
	mutex_init(&stray);
	if (!strcmp(what, "seen")) {
		nest(&second, &first);
		klock_lockdep_order("first", "second");
	} else if (!strcmp(what, "both")) {
		nest(&first, &second);
		klock_lockdep_order("firs*", "first");
	} else if (!strcmp(what, "before")) {
		klock_lockdep_order("firs*", "first");
		nest(&first, &second);
	} else if (!strcmp(what, "after")) {
		klock_lockdep_order("first", "second");
		klock_lockdep_order("firs*", "first");
		nest(&first, &second);
	} else if (!strcmp(what, "link")) {
		klock_lockdep_order("first", "second");
		nest(&second, &stray);
		nest(&stray, &first);
	}
	return 0;
}
END
{ echo '#define KLOCK_NO_KERNEL_NAMES' && sed 's/LOCKDEP_ORDER/KLOCK_&/' module.c; } >prefixed.c

compile() # COMPILER OUTPUT ARGUMENT...
{
	compiler=$1 output=$2
	shift 2
	# shellcheck disable=SC2086 # a list of options
	"$compiler" -Wall -Wextra -Wpedantic -Wshadow -Werror $SANITIZER_FLAGS \
		-I"$top_srcdir/include" "$@" -o "$output" -pthread 2>err
}
shared="-L$build/lib/.libs -lklock -Wl,-rpath,$build/lib/.libs"
CC=${CC:-cc}

# against NAME PROGRAM WHERE [OPTION]: the program is caught, by what is declared there
against()
{
	KLOCK_LOCKDEP=exitcode=9${4:+,$4} "./$2" >out 2>&1
	status=$?
	if [ $status = 9 ] && grep -q "lock order against its declaration" out &&
		grep -q "(&*first) < (second), declared at .*$3\$" out; then
		pass "$1"
	else
		fail "$1" "exit status $status, wanted 9 and a declaration at $3:
$(cat err out)"
	fi
}

# shellcheck disable=SC2086 # a list of options
compile "$CC" c -DORDER swapped.c $shared
against "order_in_c_is_enforced" c "swapped.c:3"

if command -v g++ >/dev/null; then
	cp swapped.c swapped.cc
	# shellcheck disable=SC2086 # a list of options
	compile g++ cc -std=gnu++14 -DORDER swapped.cc $shared
	against "order_in_cplusplus_is_enforced" cc "swapped.cc:3"
else
	skip "order_in_cplusplus_is_enforced" "no g++"
fi

if [ -e "$build/lib/.libs/libklock.a" ]; then
	compile "$CC" static -DORDER swapped.c "$build/lib/.libs/libklock.a"
	against "order_with_the_static_library_is_enforced" static "swapped.c:3"
else
	skip "order_with_the_static_library_is_enforced" "no libklock.a"
fi

# shellcheck disable=SC2086 # a list of options
{
	compile "$CC" module.so -shared -fPIC module.c $shared
	compile "$CC" prefixed.so -shared -fPIC prefixed.c $shared
	compile "$CC" loader loader.c $shared -ldl
	compile "$CC" plain swapped.c $shared
}
for module in module prefixed; do
	wanted="before silent
loaded reported
unloaded silent"
	out=$(KLOCK_LOCKDEP=1 ./loader ./$module.so 2>&1)
	if [ "$out" = "$wanted" ]; then
		pass "order_of_a_${module}_holds_while_it_is_loaded"
	else
		fail "order_of_a_${module}_holds_while_it_is_loaded" "$(cat err)$out"
	fi
done

KLOCK_LOCKDEP=exitcode=9 ./plain >out 2>&1
check_empty "program_without_a_declaration_is_silent" "$(cat out)"
KLOCK_LOCKDEP=0 ./c >out 2>&1
check_empty "declaration_with_the_checker_off_is_silent" "$(cat out)"

printf '# comment\n\n  &first<"second" # and so on\n' >good
against "order_of_a_file_is_enforced" plain "good:3" order=good
printf '"fir\\st" < x < y\ny<second' >good
KLOCK_LOCKDEP=exitcode=9,order=good ./plain >out 2>&1
if [ $? = 9 ] && grep -q "(first) < (x), declared at good:1" out &&
	grep -q "(y) < (second), declared at good:2" out; then
	pass "orders_of_a_file_add_up"
else
	fail "orders_of_a_file_add_up" "$(cat out)"
fi

# tells NAME CASE LINE...: the lines, patterns of grep, are in what the checker says
tells()
{
	name=$1
	KLOCK_LOCKDEP=1 ./texts "$2" >out 2>&1
	shift 2
	missing=$(for line; do grep -q "$line" out || echo "$line"; done)
	check_empty "$name" "$missing${missing:+
is not in:
$(cat out)}"
}
# shellcheck disable=SC2086 # a list of options
compile "$CC" texts texts.c $shared
tells "declaration_against_what_was_seen_shows_where" seen \
	"^  (first) < (second), declared at texts.c:" "^is against:" \
	"^  (&second) < (&first), seen in texts/[0-9]*:" "main"
tells "declaration_of_two_names_of_a_class_is_told" both \
	"^  (firs\*) < (first), declared at texts.c:" "^  there are locks that have both names"
for case in before after; do
	tells "class_that_comes_${case}_itself_is_told" $case \
		"^the class (&first) has the name (firs" \
		"^of which one comes before the other; it is not checked by that name:" \
		"^  (firs\*) < (first), declared at texts.c:"
done
tells "circle_through_a_declaration_shows_it" link \
	"^-> #1 (second), declared to come after (first) at texts.c:" \
	"^-> #2 (&stray), acquired while (&second) was held" \
	"^  (first) --> (&second) --> (&stray)"

wrong() # NAME LINE MESSAGE
{
	# shellcheck disable=SC2059 # the text has its \n
	printf "$2" >bad
	KLOCK_LOCKDEP=exitcode=9,order=bad ./c >out 2>&1
	if [ $? = 0 ] && [ "$(cat out)" = "klock: bad:$3
klock: KLOCK_LOCKDEP: 'order=bad': it has wrong lines; the checker is off" ]; then
		pass "$1"
	else
		fail "$1" "$(cat out)"
	fi
}
wrong "file_with_one_name_is_refused" 'first\n' \
	"1: one name is no order; it takes two or more, with < between them"
wrong "file_with_a_name_missing_is_refused" '\nfirst < # x\n' "2: a name is missing beside <"
wrong "file_with_two_signs_is_refused" 'first < < second\n' "1: a name is missing beside <"
wrong "file_with_a_sign_missing_is_refused" 'first second\n' "1: < is missing between two names"
wrong "file_with_an_open_quote_is_refused" 'a < "b\n' "1: a quote is not closed"
wrong "file_with_an_empty_name_is_refused" 'a < ""\n' "1: a name is empty"
wrong "file_with_a_zero_byte_is_refused" 'a < b\000c\n' "1: a zero byte"
wrong "file_with_too_many_names_is_refused" "$(printf 'a<%.0s' $(seq 300))a\n" "1: too many names"
wrong "file_with_a_long_line_is_refused" "$(printf '%05000d' 0)\n" "1: the line is too long"
KLOCK_LOCKDEP=order=missing ./c >out 2>&1
if grep -qx "klock: KLOCK_LOCKDEP: 'order=missing': No such file or directory; the checker is off" \
	out; then
	pass "file_that_is_missing_is_named"
else
	fail "file_that_is_missing_is_named" "$(cat out)"
fi
printf 'second < first\n' >bad
KLOCK_LOCKDEP=order=bad ./c >out 2>&1
if grep -q "declared lock order contradicts another" out; then
	pass "file_against_the_program_is_reported"
else
	fail "file_against_the_program_is_reported" "$(cat out)"
fi
finish
