# SPDX-License-Identifier: MIT
# Tests of the example program filecache and of its engine.

# To add a script tests/filecache/NAME.sh: a line here.
#test_scripts += tests/filecache/NAME.sh
test_scripts += tests/filecache/cli.sh
test_scripts += tests/filecache/race.sh

# A Check program of the engine, tests/filecache/test_NAME.c: these two lines.
#check_suites += tests/filecache/test_NAME
#tests_filecache_test_NAME_LDADD = examples/filecache/libengine.la $(LDADD)

# What the race's readers know by is the program's, not the engine's.
check_suites += tests/filecache/test_stamp
tests_filecache_test_stamp_SOURCES = tests/filecache/test_stamp.c examples/filecache/race_stamp.c
tests_filecache_test_stamp_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/examples/filecache
