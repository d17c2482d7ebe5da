# SPDX-License-Identifier: MIT
# The examples and the manual: what they show is compiled, run and compared.

test_scripts += tests/docs/examples.sh
test_scripts += tests/docs/manual.sh
test_scripts += tests/docs/interface.sh

EXTRA_DIST += tests/docs/manual.awk tests/docs/undocumented
