# SPDX-License-Identifier: MIT
# Positive and negative controls of Helgrind, DRD and TSan: small programs, right and wrong,
# and a table of what each tool has to say of them. The scripts compile the programs, since
# each tool needs its own build. To add one: a function in any_lock.c or one_lock.c, a line
# in the table of scenarios at its end, and a line in controls.tab. The longest comes first.
annotate_scripts += \
	tests/annotate/tsan.sh \
	tests/annotate/drd.sh \
	tests/annotate/helgrind.sh

EXTRA_DIST += \
	tests/annotate/any_lock.c \
	tests/annotate/control.c \
	tests/annotate/controls.tab \
	tests/annotate/judge.sh \
	tests/annotate/locks.c \
	tests/annotate/locks.h \
	tests/annotate/one_lock.c \
	tests/annotate/scenarios.h \
	tests/annotate/valgrind_tool.sh
