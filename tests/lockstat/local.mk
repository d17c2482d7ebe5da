# SPDX-License-Identifier: MIT
# What KLOCK_LOCKSTAT takes and writes; what is counted is for tests/unit/test_lockstat*.c.
test_scripts += tests/lockstat/lockstat.sh
EXTRA_DIST += tests/lockstat/counted.c
