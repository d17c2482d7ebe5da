#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that are built as their users would: with a library that is unloaded, and in C++.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
case $CC in *clang*) CXX=clang++ ;; *) CXX=g++ ;; esac

# The library: two static locks, and one whose key is its own.
cat >plugin.c <<'END'
#include <klock/mutex.h>

static DEFINE_MUTEX(inner);
static DEFINE_MUTEX(outer);
static struct mutex made;

void use(struct mutex *program, int outermost);
void use(struct mutex *program, int outermost)
{
	mutex_init(&made);
	if (outermost)
		mutex_lock(program);
	mutex_lock(&outer);
	mutex_lock(&inner);
	mutex_lock(&made);
	if (!outermost) {
		mutex_lock(program);
		mutex_unlock(program);
	}
	mutex_unlock(&made);
	mutex_unlock(&inner);
	mutex_unlock(&outer);
	if (outermost)
		mutex_unlock(program);
}
END
cat >host.c <<'END'
#include <dlfcn.h>
#include <klock/lockdep.h>
#include <klock/mutex.h>
#include <stdio.h>

static DEFINE_MUTEX(program);

/* Loads it, has it use its locks around the program's or within it, and unloads it. */
static int load(const char *file, int outermost)
{
	void *plugin = dlopen(file, RTLD_NOW);
	void (*use)(struct mutex *program, int outermost);

	*(void **)&use = plugin ? dlsym(plugin, "use") : NULL;
	if (!use) {
		puts(dlerror());
		return 1;
	}
	use(&program, outermost);
	return dlclose(plugin);
}

int main(int argc, char **argv)
{
	int status = argc < 2;

	if (!klock_lockdep_enable())
		return 1;
	debug_locks_silent = 1;
	/* Gone and come again, its locks are others, at whatever address. */
	for (int i = 0; i < 6; i++)
		status |= load(argv[1], i & 1);
	printf("unloaded in between: %s\n", debug_locks ? "silent" : "reported");
	status |= !dlopen(argv[1], RTLD_NOW);
	for (int i = 0; i < 2; i++)
		status |= load(argv[1], i & 1);
	printf("not unloaded: %s\n", debug_locks ? "silent" : "reported");
	return status;
}
END
cat >names.cc <<'END'
#include <cstdio>
#include <klock.h>

struct account {
	mutex lock;
	int number;
};

static DEFINE_MUTEX(table_lock);
static lock_class_key key;
static lockdep_map map = STATIC_LOCKDEP_MAP_INIT("map", &key);
static DEFINE_WAIT_OVERRIDE_MAP(override_map, LD_WAIT_SLEEP);

static int by_number(const lockdep_map *a, const lockdep_map *b)
{
	return a < b ? -1 : a > b;
}

int main()
{
	static account accounts[2];

	if (!klock_lockdep_enable())
		return 1;
	debug_locks_silent = 1;
	for (auto &account : accounts) {
		mutex_init(&account.lock);
		lockdep_set_class_and_name(&account.lock, &key, "account");
		lock_set_cmp_fn(&account.lock, by_number, nullptr);
	}
	mutex_lock(&table_lock);
	lockdep_assert_held(&table_lock);
	might_lock(&accounts[0].lock);
	mutex_lock(&accounts[0].lock);
	mutex_lock(&accounts[1].lock);
	pin_cookie cookie = lockdep_pin_lock(&accounts[0].lock);
	lockdep_unpin_lock(&accounts[0].lock, cookie);
	mutex_unlock(&accounts[1].lock);
	mutex_unlock(&accounts[0].lock);
	{
		guard(mutex)(&accounts[1].lock);
		lockdep_assert_held(&accounts[1].lock);
	}
	mutex_unlock(&table_lock);
	lockdep_assert_none_held_once();
	non_block_start();
	non_block_end();
	lock_map_acquire(&map);
	lock_map_release(&map);
	lock_map_acquire_try(&override_map);
	lock_map_release(&override_map);
	std::printf("%d\n", debug_locks);
	mutex_lock(&accounts[0].lock);
	mutex_lock(&table_lock);
	mutex_unlock(&table_lock);
	mutex_unlock(&accounts[0].lock);
	std::printf("%d\n", debug_locks);
	return 0;
}
END

flags="-Wall -Wextra -Werror $SANITIZER_FLAGS -I$top_srcdir/include -pthread"
link="-L$build/lib/.libs -lklock -Wl,-rpath,$build/lib/.libs"
prints() # NAME EXPECTED COMMAND...: exit status 0, and this on both outputs
{
	name=$1 expected=$2
	shift 2
	if timeout 60 "$@" >out 2>&1 && [ "$(cat out)" = "$expected" ]; then
		pass "$name"
	else
		fail "$name" "$(cat out)"
	fi
}

# shellcheck disable=SC2086 # lists of options
if ! { "${CC:-cc}" $flags -fPIC -shared plugin.c -o plugin.so $link &&
	"${CC:-cc}" $flags host.c -o host $link -ldl; } 2>err; then
	fail "a program with a library that is unloaded compiles" "$(cat err)"
else
	prints "locks_of_an_unloaded_library_are_forgotten" "unloaded in between: silent
not unloaded: reported" ./host ./plugin.so
fi
if ! command -v "$CXX" >/dev/null; then
	skip "lockdep_in_c++_finds_what_it_finds_in_c" "no $CXX"
else
	# shellcheck disable=SC2086 # lists of options
	for std in c++14 c++20; do
		if ! "$CXX" -std=$std $flags names.cc -o names $link 2>err; then
			fail "lockdep_in_${std}_compiles" "$(cat err)"
			continue
		fi
		prints "lockdep_in_${std}_finds_what_it_finds_in_c" "1
0" ./names
	done
fi
finish
