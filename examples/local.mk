# SPDX-License-Identifier: MIT
# The examples, linked as any program that uses klock would be (-no-install: a
# plain executable in the build tree, not libtool's wrapper script).

noinst_PROGRAMS += $(examples)
examples =

# To add a one-file example examples/NAME.c: these three lines.
#examples += examples/NAME
#examples_NAME_LDADD = $(example_libs)
#examples_NAME_LDFLAGS = $(example_ldflags)

example_libs = lib/libklock.la $(PTHREAD_LIBS)
example_ldflags = $(AM_LDFLAGS) -no-install

include examples/filecache/local.mk
