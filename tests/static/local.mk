# SPDX-License-Identifier: MIT
# What tools find in the source of a program that uses the locks, and in our own.

test_scripts += tests/static/analysis.sh

EXTRA_DIST += tests/static/snippets.awk tests/static/locks.tab tests/static/forms.tab \
	tests/static/prelude.h
