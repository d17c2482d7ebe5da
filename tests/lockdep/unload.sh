#!/bin/sh
# SPDX-License-Identifier: MIT
# Classes of code that is unloaded. What is loaded next, at the same addresses, has classes of
# its own: the orders of the first are not held against it.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
if [ ! -e "$build/lib/.libs/libklock.so" ]; then
	skip "classes of unloaded code" "no shared library was built"
	finish
fi

# OUTER_FIRST: the program's lock, then the plugin's; else the other way round.
cat >"$work/plugin.c" <<'END'
#include <klock.h>

struct use {
	struct mutex *outer;
	const void *lock, *key;
};
void use(struct use *u);

static DEFINE_MUTEX(fixed);
static struct mutex made;
static struct lock_class_key key;

static void nest(struct mutex *first, struct mutex *second)
{
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
}

static void both(struct mutex *outer, struct mutex *own)
{
	if (OUTER_FIRST)
		nest(outer, own);
	else
		nest(own, outer);
}

void use(struct use *u)
{
	__mutex_init(&made, "made", &key);
	both(u->outer, &fixed);
	both(u->outer, &made);
	u->lock = &fixed;
	u->key = &key;
}
END
cat >"$work/p.c" <<'END'
#include <dlfcn.h>
#include <klock.h>
#include <stdio.h>
#include <string.h>

struct use {
	struct mutex *outer;
	const void *lock, *key;
};

static DEFINE_MUTEX(outer);

static struct use run(const char *file)
{
	void *plugin = dlopen(file, RTLD_NOW);
	void (*use)(struct use *);
	struct use u = { &outer, 0, 0 };
	void *symbol = plugin ? dlsym(plugin, "use") : 0;

	if (!symbol) {
		puts(dlerror());
		return u;
	}
	memcpy(&use, &symbol, sizeof(use));
	use(&u);
	dlclose(plugin);
	return u;
}

/* p FIRST SECOND: one after the other. */
int main(int argc, char **argv)
{
	struct use first = run(argv[1]), second = run(argv[2]);

	if (argc != 3 || !first.key || !second.key)
		return 1;
	printf("%s address\n", first.key == second.key && first.lock == second.lock ? "same"
									     : "another");
	puts(debug_locks ? "silent" : "reported");
	return 0;
}
END
compile() # OUTPUT OPTION...
{
	out=$1
	shift
	# shellcheck disable=SC2086 # a list of options
	"${CC:-cc}" -Wall -Wextra -Werror $SANITIZER_FLAGS -I"$top_srcdir/include" "$@" \
		-o "$work/$out" -pthread -L"$build/lib/.libs" -lklock -ldl \
		-Wl,-rpath,"$build/lib/.libs" 2>>"$work/err"
}
if ! compile outer.so -fPIC -shared -DOUTER_FIRST=1 "$work/plugin.c" ||
	! compile inner.so -fPIC -shared -DOUTER_FIRST=0 "$work/plugin.c" ||
	! compile p "$work/p.c"; then
	fail "a program with plugins compiles" "$(cat "$work/err")"
	finish
fi

try() # NAME EXPECTED PLUGIN...
{
	name=$1 expected=$2
	shift 2
	out=$(KLOCK_LOCKDEP=1 "$work/p" "$@" 2>&1)
	if [ "$(echo "$out" | tail -n 1)" = "$expected" ]; then
		pass "$name"
	else
		fail "$name" "$out"
	fi
}
try "code_unloaded_then_other_at_its_address_has_no_orders_of_it" silent \
	"$work/outer.so" "$work/inner.so"
if echo "$out" | grep -qx 'same address'; then
	pass "code_loaded_next_is_at_the_same_address"
else
	skip "code_loaded_next_is_at_the_same_address" "the loader chose another"
fi
try "code_unloaded_and_loaded_again_is_silent" silent "$work/outer.so" "$work/outer.so"
# The control: a plugin that takes them both ways.
sed 's/nest(own, outer);/nest(own, outer), nest(outer, own);/' "$work/plugin.c" >"$work/swapped.c"
compile both.so -fPIC -shared -DOUTER_FIRST=0 "$work/swapped.c" || cat "$work/err"
try "code_loaded_with_both_orders_is_reported" reported "$work/both.so" "$work/both.so"
finish
