# SPDX-License-Identifier: MIT
# The examples, linked as any program that uses klock would be (-no-install: a
# plain executable in the build tree, not libtool's wrapper script).

noinst_PROGRAMS += $(examples)
examples =

# To add a one-file example examples/NAME.c: these three lines, and "Output:" in its comment.
examples += examples/first_lock
examples_first_lock_LDADD = $(example_libs)
examples_first_lock_LDFLAGS = $(example_ldflags)
examples += examples/nowait
examples_nowait_LDADD = $(example_libs)
examples_nowait_LDFLAGS = $(example_ldflags)
examples += examples/killable
examples_killable_LDADD = $(example_libs)
examples_killable_LDFLAGS = $(example_ldflags)
examples += examples/guards
examples_guards_LDADD = $(example_libs)
examples_guards_LDFLAGS = $(example_ldflags)
examples += examples/config
examples_config_LDADD = $(example_libs)
examples_config_LDFLAGS = $(example_ldflags)
examples += examples/page_lock
examples_page_lock_LDADD = $(example_libs)
examples_page_lock_LDFLAGS = $(example_ldflags)
examples += examples/event_loop
examples_event_loop_LDADD = $(example_libs)
examples_event_loop_LDFLAGS = $(example_ldflags)

# In C++, which nothing else needs: tests/docs/examples.sh compiles them.
EXTRA_DIST += examples/cplusplus.cc

example_libs = lib/libklock.la $(PTHREAD_LIBS)
example_ldflags = $(AM_LDFLAGS) -no-install

include examples/filecache/local.mk
