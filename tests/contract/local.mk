# SPDX-License-Identifier: MIT
# The rules that hold for every lock type. To add tests/contract/test_NAME.c: a line here.

# Check programs:
#check_suites += tests/contract/test_NAME

# Programs without Check, whose exit status is the result; these also run
# cross-compiled and with musl:
#plain_tests += tests/contract/NAME
