# SPDX-License-Identifier: MIT
# What the tests reach of lib/: see report.
EXTRA_DIST += \
	tests/coverage/exit.h \
	tests/coverage/reasons.tab \
	tests/coverage/report \
	tests/coverage/report.awk
