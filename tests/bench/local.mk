# SPDX-License-Identifier: MIT
# That the benchmark works; what it measures in so short a time means nothing.

script_programs += bench/bench
test_scripts += tests/bench/smoke.sh

EXTRA_DIST += tests/bench/shape.awk
