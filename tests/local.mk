# SPDX-License-Identifier: MIT
# The test suite. Lists that the fragments of the folders below add to:
check_suites =      # programs of Check cases, with main() from tests/support/ck_main.h
lockdep_suites =    # the same, but they provoke what Helgrind would report too
plain_tests =       # programs without Check: exit status 0 passed, 77 skipped, other failed
torture_tests =     # plain programs that run for KLOCK_TORTURE_SECONDS
test_scripts =      # NAME.sh, judged by exit status or by the cases it reports (tap.sh)
script_programs =   # run by the test_scripts, not by themselves
fuzz_targets =      # NAME of tests/fuzz/NAME.c, for "make fuzz"
annotate_programs = # run by the annotate_scripts, not by themselves
annotate_scripts =  # NAME.sh, for "make check-valgrind"

include tests/unit/local.mk
include tests/contract/local.mk
include tests/torture/local.mk
include tests/explore/local.mk
include tests/genmc/local.mk
include tests/litmus/local.mk
include tests/orderings/local.mk
include tests/faults/local.mk
include tests/fuzz/local.mk
include tests/annotate/local.mk
include tests/filecache/local.mk
include tests/lockdep/local.mk
include tests/lockstat/local.mk
include tests/compat/local.mk
include tests/header/local.mk
include tests/abi/local.mk
include tests/coverage/local.mk
include tests/static/local.mk
include tests/lint/local.mk
include tests/bench/local.mk
include tests/install/local.mk
include tests/docs/local.mk

AM_CPPFLAGS += -I$(top_srcdir)/tests $(CHECK_CFLAGS)

test_programs = $(plain_tests) $(torture_tests)
if HAVE_CHECK
test_programs += $(check_suites) $(lockdep_suites)
valgrind_tests = $(check_suites)
memcheck_tests = $(lockdep_suites)
endif

check_PROGRAMS = $(test_programs) $(script_programs) $(annotate_programs)
TESTS = $(test_programs) $(test_scripts)

# Every test runs under tests/support/run-test: within a time limit, and counted case by case.
TEST_EXTENSIONS = .sh
LOG_DRIVER = $(SHELL) $(top_srcdir)/tests/support/run-test
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	CC='$(CC)'; export CC; \
	NM='$(NM)'; export NM; \
	SANITIZER_FLAGS='$(SANITIZER_FLAGS)'; export SANITIZER_FLAGS; \
	MAKE='$(MAKE)'; export MAKE; \
	KLOCK_LINES='$(abs_top_builddir)/tools/klock-lines$(EXEEXT)'; export KLOCK_LINES;

EXTRA_DIST += $(test_scripts) $(annotate_scripts) \
	tests/support/ck_main.h \
	tests/support/left-out \
	tests/support/left-out.sh \
	tests/support/need \
	tests/support/run-test \
	tests/support/sub-build \
	tests/support/tap.sh

# Without the Check library its suites cannot run: wanted (--without-check), or an error.
check-local:
if MISSING_CHECK
	@echo 'make check: the Check library is missing, so these cannot run:' $(check_suites) >&2
	@echo 'Install the package check and configure again,' \
		'or configure --without-check to leave them out.' >&2; exit 1
else
if !HAVE_CHECK
	@echo 'make check: configured --without-check, which leaves out:' $(check_suites)
endif
endif

include tests/targets.mk
