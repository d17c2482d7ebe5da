#!/bin/sh
# SPDX-License-Identifier: MIT
# Dumps of the graph: whole and well formed whatever the names are, once for each process,
# and while other threads make it grow.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

cat >names.c <<'END'
#include <errno.h>
#include <klock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCKS 5

static struct lock_class_key keys[LOCKS];
static struct lockdep_map maps[LOCKS];
static const char *const names[] = {
	"a \"quoted\" \\ back", "tab\t newline\n bell\a", "\xc3\xbc \xff\xc3",
	"</svg> & -> {|} %s \xe0\x80\x80 \xed\xa0\x80 \xf0\x80\x80\x80", "",
};

LOCKDEP_ORDER("declared \"so\"\t\\", "a*");

static void nest(int outer, int inner)
{
	lock_map_acquire(&maps[outer]);
	lock_map_acquire(&maps[inner]);
	lock_map_release(&maps[inner]);
	lock_map_release(&maps[outer]);
}

int main(int argc, char **argv)
{
	debug_locks_silent = 1;
	for (int i = 0; i < LOCKS; i++)
		lockdep_init_map(&maps[i], names[i], &keys[i], 0);
	for (int i = 0; i + 1 < LOCKS; i++)
		nest(i, i + 1);
	nest(2, 1);
	if (klock_lockdep_dump(1, (enum klock_dump_format)7) != -1 || errno != EINVAL)
		return 3;
	if (argc > 1 && !strcmp(argv[1], "off"))
		return klock_lockdep_dump(1, KLOCK_DUMP_TEXT) == -1 && errno == ENODATA ? 0 : 4;
	if (argc > 1 && !strcmp(argv[1], "closed"))
		return klock_lockdep_dump(-1, KLOCK_DUMP_TEXT) == -1 && errno == EBADF ? 0 : 5;
	if (argc > 1 && !strcmp(argv[1], "fork")) {
		pid_t child = fork();

		if (!child) {
			nest(0, 4);
			exit(0);
		}
		waitpid(child, NULL, 0);
		printf("%d %d\n", (int)getpid(), (int)child);
	}
	return 0;
}
END
cat >grows.c <<'END'
#include <fcntl.h>
#include <klock.h>
#include <pthread.h>
#include <unistd.h>

#define LOCKS 2000

static struct lock_class_key keys[2][LOCKS];
static struct lockdep_map maps[2][LOCKS];
static int done;

static void *grow(void *arg)
{
	struct lockdep_map *map = maps[(long)arg];

	for (int i = 1; i < LOCKS; i++) {
		for (int k = i > 3 ? i - 3 : 0; k < i; k++) {
			lock_map_acquire(&map[k]);
			lock_map_acquire(&map[i]);
			lock_map_release(&map[i]);
			lock_map_release(&map[k]);
		}
	}
	__atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(void)
{
	int fd = open("grows.txt", O_RDWR | O_CREAT, 0600);
	pthread_t thread[2];

	for (int i = 0; i < 2 * LOCKS; i++)
		lockdep_init_map(&maps[0][0] + i, "map", &keys[0][0] + i, 0);
	for (long i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, grow, (void *)i);
	do {
		if (lseek(fd, 0, SEEK_SET) || ftruncate(fd, 0) ||
		    klock_lockdep_dump(fd, KLOCK_DUMP_TEXT) ||
		    system("exec \"$TOOL\" stats grows.txt >/dev/null"))
			return 1;
	} while (__atomic_load_n(&done, __ATOMIC_SEQ_CST) < 2);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	return 0;
}
END
sed -i 's/#include <pthread.h>/&\n#include <stdlib.h>/' grows.c
for program in names grows; do
	# shellcheck disable=SC2086 # a list of options
	if ! "${CC:-cc}" -Wall -Wextra -Werror $SANITIZER_FLAGS -I"$top_srcdir/include" \
		$program.c -o $program -pthread -L"$build/lib/.libs" -lklock \
		-Wl,-rpath,"$build/lib/.libs" 2>err; then
		fail "$program.c compiles" "$(cat err)"
		finish
	fi
done

check() # NAME COMMAND...
{
	name=$1
	shift
	if "$@" >out 2>&1; then pass "$name"; else fail "$name" "exit status $?
$(head -n 30 out)"; fi
}
TOOL=$build/tools/klock-lockdep
export TOOL

check "dump_at_exit_is_written" env KLOCK_LOCKDEP=text=a.txt,json=a.json,dot=a.dot ./names
check "dump_of_text_is_read_whole" "$TOOL" stats a.txt
check "dump_of_text_has_a_line_for_each_record" sh -c \
	'[ "$(grep -c "^class	" a.txt)" = 5 ] && [ "$(grep -c "^order	" a.txt)" = 5 ]'
check "dump_marks_the_violation" grep -q "^order	.*	violation	" a.txt
if command -v jq >/dev/null; then
	check "dump_of_json_is_json" jq -e '
		.klock_lockdep == 1 and (.classes | length) == 5 and (.edges | length) == 5 and
		(.classes[0].name == "a \"quoted\" \\ back") and
		(.classes[1].name == "tab\t newline\n bell\u0007") and
		([.edges[] | select(.violation)] | length) == 1 and
		(.edges[0].stack | length) > 0 and .edges[0].modes[0] == "EN" and
		(.declared[0].first == "declared \"so\"\t\\") and
		(.named[0].name == "a*") and .statistics["dependency-chains"] == 9' a.json
else
	skip "dump_of_json_is_json" "no jq"
fi
if command -v dot >/dev/null; then
	check "dump_of_dot_is_a_graph" dot -Tsvg -o a.svg a.dot
	check "dot_of_the_tool_is_a_graph" sh -c '"$TOOL" svg a.txt >b.svg && grep -q /svg b.svg'
else
	skip "dump_of_dot_is_a_graph" "no Graphviz"
	skip "dot_of_the_tool_is_a_graph" "no Graphviz"
fi
# Each string of DOT ends on its line, with an even number of quotes that no \ precedes.
check "dump_of_dot_closes_its_strings" awk '
	{ gsub(/\\./, ""); if (gsub(/"/, "") % 2) { print FNR ": " $0; bad = 1 } }
	/color=red/ { red++ } /style=dashed/ { dashed++ }
	END { exit bad || red != 1 || dashed != 1 }' a.dot

KLOCK_LOCKDEP=text=%p.txt,json=once.json ./names fork >pids
read -r parent child <pids
orders() { grep -c '^order	' "$1"; }
if [ "$(orders "$parent.txt") $(orders "$child.txt")" = "5 6" ]; then
	pass "dump_of_a_child_is_its_own"
else
	fail "dump_of_a_child_is_its_own" "$(ls)"
fi
check "dump_of_a_child_leaves_the_parents_alone" grep -q "\"pid\": $parent" once.json

check "dump_with_the_checker_off_is_an_error" ./names off
check "dump_to_a_closed_file_is_an_error" env KLOCK_LOCKDEP=1 ./names closed
KLOCK_LOCKDEP=text=/nowhere/x ./names off >said 2>&1
wanted="klock: KLOCK_LOCKDEP: 'text=/nowhere/x': No such file or directory; the checker is off"
check "dump_that_cannot_be_made_is_named_at_once" grep -qx "$wanted" said
KLOCK_LOCKDEP=text=/dev/full ./names >said 2>&1
check "dump_that_cannot_be_written_is_named" \
	grep -q "cannot write /dev/full: No space left on device" said
check "dump_while_threads_add_orders_is_whole" env KLOCK_LOCKDEP=1 ./grows
finish
