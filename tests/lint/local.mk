# SPDX-License-Identifier: MIT
# Rules about the sources that a compiler does not check.

test_scripts += tests/lint/layering.sh
test_scripts += tests/lint/labels.sh
test_scripts += tests/lint/file-lists.sh
test_scripts += tests/lint/symbols.sh
test_scripts += tests/lint/style.sh
test_scripts += tests/lint/tables.sh
test_scripts += tests/lint/skips.sh
test_scripts += tests/lint/mentions.sh

EXTRA_DIST += tests/lint/labels.awk \
	tests/lint/mentioned.awk \
	tests/lint/others \
	tests/lint/place.awk
