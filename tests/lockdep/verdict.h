/* SPDX-License-Identifier: MIT */
/* For Check suites of the checker: turns it on, and asks what it has to say, in silence. */
#ifndef KLOCK_TEST_VERDICT_H
#define KLOCK_TEST_VERDICT_H

#include <check.h>
#include <klock.h>

/* What these tests provoke, ThreadSanitizer would report in its own words. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "detect_deadlocks=0";
}

static inline void verdict_setup(void)
{
	ck_assert(klock_lockdep_enable());
	klock_lockdep_reset();
	klock_debug_locks_silent = 1;
}

/* There was a report since the last question, or none. */
#define expect_report()                                                                            \
	do {                                                                                       \
		ck_assert_msg(!klock_debug_locks, "there was no report");                          \
		klock_debug_locks = 1;                                                             \
	} while (0)
#define expect_silence() ck_assert_msg(klock_debug_locks, "there was a report")

static inline void nest(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

#endif
