# SPDX-License-Identifier: MIT
# The rules that hold for every lock type. To add tests/contract/test_NAME.c: a line here.

# Check programs:
#check_suites += tests/contract/test_NAME

# Programs without Check, whose exit status is the result; these also run
# cross-compiled and with musl:
plain_tests += tests/contract/asleep
plain_tests += tests/contract/exclusion
plain_tests += tests/contract/fairness
plain_tests += tests/contract/forked
plain_tests += tests/contract/giving_up
plain_tests += tests/contract/nowait
plain_tests += tests/contract/repair

EXTRA_DIST += tests/contract/contract.h
EXTRA_DIST += tests/lock_types.def tests/support/actor.h tests/support/lock_rows.h
