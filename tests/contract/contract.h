/* SPDX-License-Identifier: MIT */
/*
 * Rules, each run over every lock of tests/lock_types.def that it applies to,
 * with and without the checked mode. A plain program: no test library.
 *
 *	static void killed_waiter_gives_up(const struct lock_row *row) { ... EXPECT(...); ... }
 *	static const struct rule rules[] = { { killed_waiter_gives_up, HAS(killable) }, ... };
 *	CONTRACT_MAIN(rules)
 *
 * A case is named ROW_RULE, with _checked behind it in the checked mode. Each
 * runs in a process of its own, and fails when that hangs. With an argument
 * only the cases run whose name contains it. KLOCK_TEST_FORK=no runs them in
 * one process, without the checked mode, for a debugger.
 */
#ifndef KLOCK_CONTRACT_H
#define KLOCK_CONTRACT_H

#include "support/lock_rows.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPECT(cond)                                                                               \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);         \
			exit(EXIT_FAILURE);                                                        \
		}                                                                                  \
	} while (0)

/* For a result that has to be one value; says what it was instead. */
#define EXPECT_IS(value, expected)                                                                 \
	do {                                                                                       \
		long is_ = (value), should_ = (expected);                                          \
		if (is_ != should_) {                                                              \
			fprintf(stderr, "%s:%d: %s is %ld, not %ld\n", __FILE__, __LINE__, #value, \
				is_, should_);                                                     \
			exit(EXIT_FAILURE);                                                        \
		}                                                                                  \
	} while (0)

/* What a lock must have for a rule to apply. */
enum {
	HAS_try_ = 1,
	HAS_try_or_lock = 2,
	HAS_killable = 4,
	HAS_interruptible = 8,
	HAS_timeout = 16,
	HAS_exclusive = 32, /* it is this mode */
	HAS_shared = 64,
	HAS_both = 128, /* the lock has both modes */
};
#define HAS(what) (HAS_##what)

struct rule {
	const char *name;
	void (*run)(const struct lock_row *row);
	unsigned int needs;
};
#define RULE(function, needs) { #function, function, needs }

/*
 * An attempt at a lock by an actor: `how` of the row, and what came of it.
 * Also the argument of the functions below, which actors run.
 */
struct attempt {
	const struct lock_row *row;
	union any_lock *lock;
	int64_t ns;
};

static inline long act_lock(void *arg)
{
	struct attempt *a = arg;

	a->row->lock(a->lock);
	return 0;
}

static inline long act_unlock(void *arg)
{
	struct attempt *a = arg;

	a->row->unlock(a->lock);
	return 0;
}

static inline long act_pass_through(void *arg)
{
	struct attempt *a = arg;

	a->row->lock(a->lock);
	a->row->unlock(a->lock);
	return 0;
}

static inline long act_try(void *arg)
{
	struct attempt *a = arg;

	return a->row->try_(a->lock);
}

static inline long act_try_or_lock_try(void *arg)
{
	struct attempt *a = arg;

	return a->row->try_or_lock(a->lock, true);
}

static inline long act_try_or_lock_wait(void *arg)
{
	struct attempt *a = arg;

	return a->row->try_or_lock(a->lock, false);
}

static inline long act_killable(void *arg)
{
	struct attempt *a = arg;

	return a->row->killable(a->lock);
}

static inline long act_interruptible(void *arg)
{
	struct attempt *a = arg;

	return a->row->interruptible(a->lock);
}

static inline long act_timeout(void *arg)
{
	struct attempt *a = arg;

	return a->row->timeout(a->lock, a->ns);
}

/* The row that keeps this one out: the same lock held alone. */
static inline const struct lock_row *holder_of(const struct lock_row *row)
{
	return lock_row_of(row, false);
}

/* Nobody holds the lock or waits for it, and every way to take it works at once. */
static inline void expect_free(const struct lock_row *row, union any_lock *lock)
{
	EXPECT_IS(row->object->waiters(lock), 0);
	for (int i = 0; i < NR_LOCK_ROWS; i++) {
		const struct lock_row *r = &lock_rows[i];

		if (r->object != row->object)
			continue;
		if (r->timeout)
			EXPECT_IS(r->timeout(lock, 0), 0);
		else
			r->lock(lock);
		r->unlock(lock);
	}
}

static inline unsigned int has(const struct lock_row *row)
{
	return (row->try_ ? HAS_try_ : 0) | (row->try_or_lock ? HAS_try_or_lock : 0) |
	       (row->killable ? HAS_killable : 0) | (row->interruptible ? HAS_interruptible : 0) |
	       (row->timeout ? HAS_timeout : 0) | (row->shared ? HAS_shared : HAS_exclusive) |
	       (lock_row_of(row, true) ? HAS_both : 0);
}

static int cases, failures;

static inline void contract_report(const char *name, bool passed)
{
	const char *tap = getenv("KLOCK_TAP");
	FILE *file = tap ? fopen(tap, "a") : NULL;

	cases++;
	failures += !passed;
	printf("%sok %d - %s\n", passed ? "" : "not ", cases, name);
	fflush(stdout);
	if (file) {
		fprintf(file, "%sok %d - %s\n", passed ? "" : "not ", cases, name);
		fclose(file);
	}
}

static inline bool contract_run_case(const struct rule *rule, const struct lock_row *row,
				     bool checked)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (checked)
			setenv("KLOCK_CHECK", "1", 1);
		else
			unsetenv("KLOCK_CHECK");
		alarm(PATIENCE + 10);
		rule->run(row);
		exit(EXIT_SUCCESS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("fork");
		return false;
	}
	if (WIFSIGNALED(status))
		fprintf(stderr, "%s: ended by signal %d%s\n", rule->name, WTERMSIG(status),
			WTERMSIG(status) == SIGALRM ? ": it hung" : "");
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static inline int contract_main(const struct rule *rules, int nr_rules, const char *only)
{
	const char *no_fork = getenv("KLOCK_TEST_FORK");
	bool here = no_fork && !strcmp(no_fork, "no");
	char name[160];

	for (int i = 0; i < nr_rules * NR_LOCK_ROWS * 2; i++) {
		const struct rule *rule = &rules[i / 2 / NR_LOCK_ROWS];
		const struct lock_row *row = &lock_rows[i / 2 % NR_LOCK_ROWS];
		bool checked = i % 2;

		snprintf(name, sizeof(name), "%s_%s%s", row->name, rule->name,
			 checked ? "_checked" : "");
		if ((rule->needs & ~has(row)) || (only && !strstr(name, only)) || (here && checked))
			continue;
		if (here)
			rule->run(row);
		contract_report(name, here || contract_run_case(rule, row, checked));
	}
	printf("%d passed, %d failed\n", cases - failures, failures);
	if (!cases)
		fprintf(stderr, "no case ran\n");
	return cases && !failures ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define CONTRACT_MAIN(rules)                                                                       \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		return contract_main(rules, (int)(sizeof(rules) / sizeof(rules[0])),               \
				     argc > 1 ? argv[1] : NULL);                                   \
	}

#endif
