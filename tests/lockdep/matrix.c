/* SPDX-License-Identifier: MIT */
/*
 * Runs matrix.def: each scenario with each kind of lock, in one thread, as an
 * order is to be reported when it is possible and not when it deadlocks.
 *
 * usage: matrix [-v] [NAME]: only scenarios with this in their name; -v shows the reports
 */
#include "matrix.h"
#include "matrix_cases.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is provoked here, ThreadSanitizer would report in its own words. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "detect_deadlocks=0:report_mutex_bugs=0:report_destroy_locked=0";
}

/* The columns of the table: a kind of lock, taken in one mode unless a step says another. */
static const struct column {
	const char *name;
	enum kind kind;
	enum mode mode;
} columns[] = {
	{ "mutex", MUTEX, WRITE },
	{ "rw_semaphore, write", RWSEM, WRITE },
	{ "rw_semaphore, read", RWSEM, READ },
	{ "percpu_rw_semaphore, write", PERCPU, WRITE },
	{ "percpu_rw_semaphore, read", PERCPU, READ },
	{ "map, exclusive", MAP, WRITE },
	{ "map, shared", MAP, READ },
	{ "map, recursive", MAP, RECURSIVE },
	{ "semaphore", SEMAPHORE, WRITE },
};

#define COLUMNS (int)(sizeof(columns) / sizeof(columns[0]))

static int failed, run, scenarios;
static const char *only;
static FILE *tap;

static void out(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void out(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	if (!tap)
		return;
	va_start(args, format);
	vfprintf(tap, format, args);
	va_end(args);
}

/* What is held, and how: the mode of each hold, the last one first to go. */
static struct {
	enum mode mode[8];
	bool non_owner;
	int depth;
} holds[CLASSES][LOCKS];

static struct pin_cookie cookies[CLASSES][LOCKS];

static const struct {
	const char *name;
	enum form form;
} forms[] = {
	{ "kill", KILLABLE },    { "intr", INTERRUPTIBLE }, { "timed", TIMED },
	{ "orlock", OR_LOCK },   { "iocb", IOCB },          { "sub1", SUBCLASS_1 },
	{ "sub2", SUBCLASS_2 },  { "sub9", SUBCLASS_9 },    { "killsub1", KILLABLE_1 },
	{ "nest", NEST },        { "nonowner", NON_OWNER }, { "try", TRY },
	{ "ortry", OR_TRY },     { "nowait", IOCB_NO },
};

static void acquire(const struct column *col, const char *how, int c, int l)
{
	enum mode mode = col->mode;
	enum form form = PLAIN;

	if (!strncmp(how, "w:", 2) || !strncmp(how, "r:", 2) || !strncmp(how, "q:", 2)) {
		mode = *how == 'w' ? WRITE : *how == 'r' ? READ : RECURSIVE;
		how += 2;
	}
	for (size_t i = 0; *how && i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!strcmp(how, forms[i].name))
			form = forms[i].form;
	if ((*how && form == PLAIN) || !has_form(col->kind, mode, form)) {
		printf("%s: no such form: %s\n", col->name, how);
		abort();
	}
	take(col->kind, mode, form, c, l);
	holds[c][l].non_owner = form == NON_OWNER;
	holds[c][l].mode[holds[c][l].depth++] = mode;
}

static void release(const struct column *col, int c, int l)
{
	enum mode mode = col->mode;

	if (holds[c][l].depth)
		mode = holds[c][l].mode[--holds[c][l].depth];
	else if (col->kind == RWSEM && holds[c][l].mode[0])
		mode = holds[c][l].mode[0]; /* once too often, in the mode it had */
	if (holds[c][l].non_owner)
		give_non_owner(c, l);
	else
		give(col->kind, mode, c, l);
}

/* A step that is about a lock: WHAT=A1. */
static void about_lock(const struct column *col, const char *what, int c, int l)
{
	struct {
		struct lockdep_map dep_map;
	} *lock = (void *)map_of(col->kind, c, l);
	static struct lock_class_key other_key;

	if (!strcmp(what, "init"))
		make(col->kind, c, l);
	else if (!strcmp(what, "downgrade")) {
		downgrade(col->kind, c, l);
		holds[c][l].mode[0] = READ;
	} else if (!strcmp(what, "level1"))
		lockdep_set_subclass(lock, 1);
	else if (!strcmp(what, "level9"))
		lockdep_set_subclass(lock, 9);
	else if (!strcmp(what, "other"))
		lockdep_set_class(lock, &other_key);
	else if (!strcmp(what, "other1"))
		lockdep_set_class_and_subclass(lock, &other_key, 1);
	else if (!strcmp(what, "novalidate"))
		lockdep_set_novalidate_class(lock);
	else if (!strcmp(what, "nowother"))
		lock_set_class(&lock->dep_map, "other", &other_key, 0, _THIS_IP_);
	else if (!strcmp(what, "nowlevel1"))
		lock_set_subclass(&lock->dep_map, 1, _THIS_IP_);
	else if (!strcmp(what, "nownovalidate"))
		lock_set_novalidate_class(&lock->dep_map, "novalidate", _THIS_IP_);
	else if (!strcmp(what, "cmp"))
		lock_set_cmp_fn(lock, by_address, NULL);
	else if (!strcmp(what, "reset"))
		lockdep_reset_lock(&lock->dep_map);
	else if (!strcmp(what, "held"))
		lockdep_assert_held(lock);
	else if (!strcmp(what, "write"))
		lockdep_assert_held_write(lock);
	else if (!strcmp(what, "read"))
		lockdep_assert_held_read(lock);
	else if (!strcmp(what, "nothold"))
		lockdep_assert_not_held(lock);
	else if (!strcmp(what, "might"))
		might_lock(lock);
	else if (!strcmp(what, "mightread"))
		might_lock_read(lock);
	else if (!strcmp(what, "might1"))
		might_lock_nested(lock, 1);
	else if (!strcmp(what, "sync"))
		lock_map_sync(&lock->dep_map);
	else if (!strcmp(what, "pin"))
		cookies[c][l] = lockdep_pin_lock(lock);
	else if (!strcmp(what, "repin"))
		lockdep_repin_lock(lock, cookies[c][l]);
	else if (!strcmp(what, "unpin"))
		lockdep_unpin_lock(lock, cookies[c][l]);
	else if (!strcmp(what, "freed"))
		debug_check_no_locks_freed(lock, sizeof(*lock));
	else {
		printf("no such step: %s\n", what);
		abort();
	}
}

static void alone(const char *what)
{
	if (!strcmp(what, "off"))
		lockdep_off();
	else if (!strcmp(what, "on"))
		lockdep_on();
	else if (!strcmp(what, "{"))
		non_block_start();
	else if (!strcmp(what, "}"))
		non_block_end();
	else if (!strcmp(what, "sleep"))
		might_sleep();
	else if (!strcmp(what, "none"))
		lockdep_assert_none_held_once();
	else if (!strcmp(what, "noneleft"))
		debug_check_no_locks_held();
	else {
		printf("no such step: %s\n", what);
		abort();
	}
}

/* "A1B2C1": each is acquired, then they are given up in the reverse order. */
static void nested(const struct column *col, const char *locks)
{
	size_t n = strlen(locks);

	for (size_t i = 0; i < n; i += 2)
		acquire(col, "", locks[i] - 'A', locks[i + 1] - '1');
	for (size_t i = n; i > 0; i -= 2)
		release(col, locks[i - 2] - 'A', locks[i - 1] - '1');
}

static void step(const struct column *col, char *word)
{
	char *sign = strpbrk(word, "+-=");
	int c = 0, l = 0;
	char what;

	if (sign) {
		c = sign[1] - 'A';
		l = sign[2] - '1';
		if (c < 0 || c >= CLASSES || l < 0 || l >= LOCKS)
			abort();
		what = *sign;
		*sign = 0;
		if (what == '+')
			acquire(col, word, c, l);
		else if (what == '-')
			release(col, c, l);
		else
			about_lock(col, word, c, l);
	} else if (*word >= 'A' && *word < 'A' + CLASSES) {
		nested(col, word);
	} else {
		alone(word);
	}
}

static void verdict(const char *name, const char *with, bool expect_report)
{
	bool right = debug_locks == !expect_report;

	run++;
	failed += !right;
	out("%sok %d - %s with %s%s\n", right ? "" : "not ", run, name, with,
	    right	    ? ""
	    : expect_report ? ": not reported"
			    : ": reported, and is right");
}

static void scenario(const struct column *col, const char *name, const char *steps,
		     bool expect_report)
{
	char text[512], *word, *rest = text;

	lockdep_reset();
	memset(holds, 0, sizeof(holds));
	make_all(col->kind);
	snprintf(text, sizeof(text), "%s", steps);
	while ((word = strsep(&rest, " ")))
		if (*word)
			step(col, word);
	verdict(name, col->name, expect_report);
	lockdep_off();
	for (int c = 0; c < CLASSES; c++)
		for (int l = 0; l < LOCKS; l++)
			while (holds[c][l].depth)
				release(col, c, l);
	free_all(col->kind);
	lockdep_on();
}

/* `verdicts`: '!' it is to be reported, '.' it is right, '-' the lock cannot do this. */
static void row(const char *name, const char *steps, const char *verdicts)
{
	if (strlen(verdicts) != (size_t)COLUMNS)
		abort();
	if (only && !strstr(name, only))
		return;
	scenarios++;
	for (int i = 0; i < COLUMNS; i++)
		if (verdicts[i] != '-')
			scenario(&columns[i], name, steps, verdicts[i] == '!');
}

/* The kernel's verdicts are for the reader; here they are only held to differ. */
static void row_unlike_kernel(const char *name, const char *steps, const char *verdicts,
			      const char *kernel)
{
	if (strlen(kernel) != (size_t)COLUMNS || !strcmp(verdicts, kernel))
		abort();
	row(name, steps, verdicts);
}

static void row_of_events(const char *name, const char *const *events, const char *order,
			  const char *verdicts)
{
	char steps[512], full[128];
	size_t n = 0;

	for (const char *p = order; *p; p++)
		n += (size_t)snprintf(steps + n, sizeof(steps) - n, "%s ", events[*p - '1']);
	snprintf(full, sizeof(full), "%s, %s", name, order);
	row(full, steps, verdicts);
}

static void one_case(const char *name, void (*fn)(void), bool expect_report)
{
	if (only && !strstr(name, only))
		return;
	scenarios++;
	lockdep_reset();
	fn();
	verdict(name, "a program", expect_report);
}

int main(int argc, char **argv)
{
	static const char *const orders_of_3[] = { "123", "132", "213", "231", "312", "321" };
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");

	only = argc > 1 + verbose ? argv[1 + verbose] : NULL;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getenv("KLOCK_TAP"))
		tap = fopen(getenv("KLOCK_TAP"), "a");
	if (!klock_lockdep_enable()) {
		printf("the checker could not be turned on\n");
		return 1;
	}
	debug_locks_silent = !verbose;
#define SCENARIO(name, steps, verdicts) row(#name, steps, verdicts);
#define UNLIKE_THE_KERNEL(name, steps, verdicts, kernel)                                           \
	row_unlike_kernel(#name, steps, verdicts, kernel);
#define IN_EACH_ORDER(name, e1, e2, e3, verdicts)                                                  \
	for (int i = 0; i < 6; i++)                                                                \
		row_of_events(#name, (const char *const[]){ e1, e2, e3 }, orders_of_3[i], verdicts);
#define CASE(name, verdict) one_case(#name, name, *verdict == '!');
#include "matrix.def"
	printf("%d scenarios, with the kinds of locks that can do them %d, %d wrong\n",
	       scenarios, run, failed);
	if (tap && fclose(tap))
		return 1;
	return failed || !run;
}
