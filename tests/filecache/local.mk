# SPDX-License-Identifier: MIT
# Tests of the example program filecache and of its engine.

# To add a script tests/filecache/NAME.sh: a line here.
#test_scripts += tests/filecache/NAME.sh

# A Check program of the engine, tests/filecache/test_NAME.c: these two lines.
#check_suites += tests/filecache/test_NAME
#tests_filecache_test_NAME_LDADD = examples/filecache/libengine.la $(LDADD)
