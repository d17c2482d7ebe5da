# SPDX-License-Identifier: MIT
# What tools find in the source of a program that uses the locks, and in our own.

test_scripts += tests/static/analysis.sh

EXTRA_DIST += tests/static/snippets.awk tests/static/locks.tab tests/static/forms.tab \
	tests/static/prelude.h tests/static/context.h tests/static/context.tab

# Takes some minutes: in "make check-static".
EXTRA_DIST += tests/static/own.sh tests/static/broken.c tests/static/known.tab
