# SPDX-License-Identifier: MIT
# Programs that run for KLOCK_TORTURE_SECONDS and say by their exit status whether all
# held. To add tests/torture/NAME.c: a line here.

torture_tests += tests/torture/deadlocks
torture_tests += tests/torture/torture
tests_torture_torture_SOURCES = \
	tests/torture/broken.c \
	tests/torture/feature_fork.c \
	tests/torture/feature_marks.c \
	tests/torture/feature_memory.c \
	tests/torture/feature_threads.c \
	tests/torture/features.c \
	tests/torture/operations.c \
	tests/torture/options.c \
	tests/torture/torture.c \
	tests/torture/torture.h \
	tests/torture/victims.c \
	tests/torture/workers.c
test_scripts += tests/torture/broken.sh
EXTRA_DIST += tests/torture/shrink tests/torture/mutants.sh tests/torture/mutants.tab
EXTRA_DIST += tests/support/mutants.sh
