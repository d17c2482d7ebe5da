/* SPDX-License-Identifier: MIT */
/*
 * For tests of misuse that lockdep finds too when it is on ("make
 * check-lockdep"): what is done between the two it has to report, in silence.
 */
#ifndef KLOCK_TEST_ON_PURPOSE_H
#define KLOCK_TEST_ON_PURPOSE_H

#include <check.h>
#include <klock/lockdep.h>

static inline void on_purpose_begin(void)
{
	klock_debug_locks = 1;
	klock_debug_locks_silent = 1;
}

static inline void on_purpose_end(void)
{
	ck_assert_msg(!klock_lockdep_enabled() || !klock_debug_locks,
		      "lockdep has not seen what was done on purpose");
	klock_debug_locks_silent = 0;
	klock_debug_locks = 1;
}

#endif
