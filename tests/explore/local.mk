# SPDX-License-Identifier: MIT
# All interleavings of small scenarios: the library's own sources, with each atomic access a
# point at which another thread may come in between. To add a scenario: a line in
# scenarios.def. To add a mutant: a line in mutants.tab.

# A sanitizer does not know that a thread goes on with another stack.
if !SANITIZED
script_programs += tests/explore/explore
test_scripts += tests/explore/explore.sh
endif

tests_explore_explore_SOURCES = \
	tests/explore/atomic.h \
	tests/explore/coro.c \
	tests/explore/coro.h \
	tests/explore/explore.c \
	tests/explore/locks.c \
	tests/explore/locks.h \
	tests/explore/model/base/block_signals.h \
	tests/explore/model/base/minilock.h \
	tests/explore/model/base/process.h \
	tests/explore/model/klock/percpu-rwsem.h \
	tests/explore/real_minilock.c \
	tests/explore/real_minilock.h \
	tests/explore/scenarios.c \
	tests/explore/scenarios.def \
	tests/explore/scenarios.h \
	tests/explore/sched.c \
	tests/explore/sched.h \
	tests/explore/script.c \
	tests/explore/script.h \
	tests/explore/states.c \
	tests/explore/states.h \
	tests/explore/world.c \
	tests/explore/world.h \
	$(base) $(wait) $(annotate) $(lockdep) $(lockstat) $(hang) $(locks)
tests_explore_explore_CPPFLAGS = -I$(top_srcdir)/tests/explore/model $(AM_CPPFLAGS) \
	-DKLOCK_ATOMIC_HEADER='"explore/atomic.h"' -DKLOCK_SPIN_NS=0 \
	-DKLOCK_HAND_OVER_NS=xp_hand_over_ns
# Bound at once: the table that is otherwise filled call by call is among the variables.
tests_explore_explore_LDFLAGS = -Wl,-z,now
tests_explore_explore_LDADD = $(PTHREAD_LIBS)

EXTRA_DIST += tests/explore/explore.sh tests/explore/mutants.tab tests/explore/mutants.sh
