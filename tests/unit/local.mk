# SPDX-License-Identifier: MIT
# Check programs, one per source file. To add tests/unit/test_NAME.c: a line here.

#check_suites += tests/unit/test_NAME
check_suites += tests/unit/test_attempts
check_suites += tests/unit/test_filename
check_suites += tests/unit/test_guard
check_suites += tests/unit/test_iocb
check_suites += tests/unit/test_circle
check_suites += tests/unit/test_handed_over
check_suites += tests/unit/test_hang
check_suites += tests/unit/test_hang_listed
check_suites += tests/unit/test_held
tests_unit_test_held_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=klock_arena_alloc
check_suites += tests/unit/test_limits
tests_unit_test_limits_CPPFLAGS = $(AM_CPPFLAGS) -fsanitize=undefined \
	-fsanitize-undefined-trap-on-error
check_suites += tests/unit/test_lockstat
check_suites += tests/unit/test_lockstat_rows
tests_unit_test_lockstat_rows_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=klock_arena_alloc
check_suites += tests/unit/test_base
check_suites += tests/unit/test_bug
check_suites += tests/unit/test_fork
check_suites += tests/unit/test_fork_left
check_suites += tests/unit/test_set_up
tests_unit_test_set_up_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=klock_hang_init \
	-Wl,--wrap=klock_cpu_many
check_suites += tests/unit/test_show
check_suites += tests/unit/test_signal
check_suites += tests/unit/test_spin
check_suites += tests/unit/test_symbols
check_suites += tests/unit/test_mutex
check_suites += tests/unit/test_non_owner
check_suites += tests/unit/test_park
check_suites += tests/unit/test_percpu_rwsem
check_suites += tests/unit/test_questions
check_suites += tests/unit/test_reader_bias
check_suites += tests/unit/test_reborn
check_suites += tests/unit/test_rwsem
check_suites += tests/unit/test_semaphore
check_suites += tests/unit/test_task
check_suites += tests/unit/test_thread_end
check_suites += tests/unit/test_wait_bit
check_suites += tests/unit/test_waitq
check_suites += tests/unit/test_waitq_bias
check_suites += tests/unit/test_waitq_bit
check_suites += tests/unit/test_waitq_bound
check_suites += tests/unit/test_waitq_gone

EXTRA_DIST += tests/support/counted.h tests/unit/questions.def
EXTRA_DIST += tests/support/bugs.h tests/support/long_waits.h tests/support/on_purpose.h \
	tests/support/asked_locks.h \
	tests/support/shown.h
