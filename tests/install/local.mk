# SPDX-License-Identifier: MIT
# The installed tree as programs see it.

test_scripts += tests/install/install.sh
test_scripts += tests/install/readme.sh

EXTRA_DIST += tests/install/outside.c tests/install/readme.awk
