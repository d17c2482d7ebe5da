# SPDX-License-Identifier: MIT
# The installed tree as programs see it.

test_scripts += tests/install/install.sh

EXTRA_DIST += tests/install/outside.c
