/* SPDX-License-Identifier: MIT */
/* For Check suites: catches the reports of misuse, and says what was expected of them. */
#ifndef KLOCK_TEST_BUGS_H
#define KLOCK_TEST_BUGS_H

#include "base/bug.h"
#include <check.h>
#include <stdio.h>
#include <string.h>

static struct {
	int count;
	char what[400], advice[200], lock_type[40], lock_name[80], site[200];
	const void *lock;
} bugs;

static inline void record_bug(const struct klock_bug *bug)
{
	bugs.count++;
	snprintf(bugs.what, sizeof(bugs.what), "%s", bug->what);
	snprintf(bugs.advice, sizeof(bugs.advice), "%s", bug->advice);
	snprintf(bugs.lock_type, sizeof(bugs.lock_type), "%s", bug->lock_type);
	snprintf(bugs.lock_name, sizeof(bugs.lock_name), "%s", bug->lock_name);
	klock_describe_site(bug->site, bugs.site, sizeof(bugs.site));
	bugs.lock = bug->lock;
}

static inline void catch_bugs(void)
{
	memset(&bugs, 0, sizeof(bugs));
	klock_set_bug_fn(record_bug);
}

/* Exactly one report since the last time, with this text, of this lock. */
#define expect_bug(text, lock_, name_)                                                             \
	do {                                                                                       \
		ck_assert_int_eq(bugs.count, 1);                                                   \
		ck_assert_str_eq(bugs.what, text);                                                 \
		ck_assert_ptr_eq(bugs.lock, lock_);                                                \
		ck_assert_str_eq(bugs.lock_name, name_);                                           \
		ck_assert_int_gt((int)strlen(bugs.advice), 0);                                     \
		bugs.count = 0;                                                                    \
	} while (0)

#define expect_no_bug() ck_assert_msg(bugs.count == 0, "reported: %s", bugs.what)

#endif
