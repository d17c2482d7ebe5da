# SPDX-License-Identifier: MIT
# What the checker has to find and what it must not say. To add a scenario: a line in
# matrix.def.
plain_tests += tests/lockdep/matrix
tests_lockdep_matrix_SOURCES = \
	tests/lockdep/matrix.c \
	tests/lockdep/matrix.def \
	tests/lockdep/matrix.h \
	tests/lockdep/matrix_cases.c \
	tests/lockdep/matrix_cases.h \
	tests/lockdep/matrix_locks.c

# Ten thousand classes, a hundred thousand chains.
plain_tests += tests/lockdep/scale

# What the interface does while the checker is off: nothing.
plain_tests += tests/lockdep/off

# Correct programs: "make check-lockdep" runs them under this.
EXTRA_DIST += tests/lockdep/silent
test_scripts += tests/lockdep/silent.sh

# What reports say.
script_programs += tests/lockdep/reports
test_scripts += tests/lockdep/report.sh

# What KLOCK_LOCKDEP= takes.
script_programs += tests/lockdep/options
test_scripts += tests/lockdep/options.sh

# Declared orders, outside of one program.
test_scripts += tests/lockdep/order.sh

# What is written of the graph, and the tool that reads it.
test_scripts += tests/lockdep/export.sh
test_scripts += tests/lockdep/tool.sh
script_programs += tests/lockdep/odd_names
test_scripts += tests/lockdep/names.sh

test_scripts += tests/lockdep/unload.sh

# Reports while other threads have locks of the C library.
EXTRA_DIST += tests/lockdep/foreign.c
test_scripts += tests/lockdep/foreign.sh

# Check programs, one per part of lib/lockdep.
lockdep_suites += tests/lockdep/test_chain
lockdep_suites += tests/lockdep/test_class
lockdep_suites += tests/lockdep/test_fork
lockdep_suites += tests/lockdep/test_graph
lockdep_suites += tests/lockdep/test_held
lockdep_suites += tests/lockdep/test_lockdep
lockdep_suites += tests/lockdep/test_order
lockdep_suites += tests/lockdep/test_order_filecache
lockdep_suites += tests/lockdep/test_own_key
lockdep_suites += tests/lockdep/test_seen_sites
tests_lockdep_test_order_filecache_CPPFLAGS = $(engine_cppflags)
tests_lockdep_test_order_filecache_LDADD = $(engine_ldadd)
EXTRA_DIST += tests/lockdep/verdict.h

# Programs that are odd as a whole.
plain_tests += tests/lockdep/early_and_late
plain_tests += tests/lockdep/own_malloc
EXTRA_DIST += tests/lockdep/on.h
test_scripts += tests/lockdep/programs.sh
test_scripts += tests/lockdep/half_rate.sh

# Off, the checker adds no instruction to the fast paths.
test_scripts += tests/lockdep/costs-nothing.sh
EXTRA_DIST += tests/lockdep/pairs.c tests/lockdep/pairs.def

# Beside Valgrind's tools and the sanitizers: with "make check-annotate".
annotate_scripts += tests/lockdep/together.sh
