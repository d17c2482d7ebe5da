# SPDX-License-Identifier: MIT
# The public headers as programs see them.

test_scripts += tests/header/alone.sh
test_scripts += tests/header/names.sh

EXTRA_DIST += tests/header/kernel-names tests/header/coexist.c
