# SPDX-License-Identifier: MIT
# The examples and the manual: what they show is compiled, run and compared.

test_scripts += tests/docs/examples.sh
