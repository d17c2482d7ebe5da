# SPDX-License-Identifier: MIT
# Programs that run for KLOCK_TORTURE_SECONDS and say by their exit status whether all
# held. To add tests/torture/NAME.c: a line here.

#torture_tests += tests/torture/NAME
