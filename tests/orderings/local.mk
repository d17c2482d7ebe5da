# SPDX-License-Identifier: MIT
# Each labelled ordering, weakened: "make check-orderings". A new label gets a line in
# orderings.tab.
orderings_scripts = tests/orderings/orderings.sh
EXTRA_DIST += $(orderings_scripts) \
	tests/orderings/orderings.tab \
	tests/orderings/weaken.awk
