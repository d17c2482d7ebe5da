/* SPDX-License-Identifier: MIT */
/*
 * main() of every Check program. A test file ends with
 *
 *	CK_MAIN(mutex_suite())
 *
 * where mutex_suite() returns its Suite. From the environment, as Check reads it:
 * CK_FORK=no runs all cases in one process (for gdb), CK_RUN_CASE and
 * CK_RUN_SUITE select cases. KLOCK_TAP names a file that gets one line a case,
 * for the log driver (tests/support/run-test).
 */
#ifndef KLOCK_CK_MAIN_H
#define KLOCK_CK_MAIN_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static inline int ck_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	const char *tap = getenv("KLOCK_TAP");
	int ran, failed;

	if (tap)
		srunner_set_tap(runner, tap);
	srunner_run_all(runner, CK_ENV);
	ran = srunner_ntests_run(runner);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);

	/* A misspelt CK_RUN_CASE, or a case never added to its suite, is no success. */
	if (ran == 0) {
		fprintf(stderr, "no test case ran: is CK_RUN_CASE or CK_RUN_SUITE misspelt?\n");
		return EXIT_FAILURE;
	}
	printf("%d passed, %d failed\n", ran - failed, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define CK_MAIN(suite)                                                                             \
	int main(void)                                                                             \
	{                                                                                          \
		return ck_main(suite);                                                             \
	}

#endif
