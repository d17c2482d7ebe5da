# SPDX-License-Identifier: MIT
# Calls of the system and of the C library that fail, and what becomes of it. To add a fault: a
# line in inject.c and one in faults.tab. To add an operation: a function in operations.c.
fault_scripts = tests/faults/faults.sh
test_scripts += $(fault_scripts)

# The script builds them: a preload library, and programs that link with one of its own.
EXTRA_DIST += \
	tests/faults/contents.c \
	tests/faults/contents.h \
	tests/faults/faults.c \
	tests/faults/faults.tab \
	tests/faults/inject.c \
	tests/faults/operations.c \
	tests/faults/reach.c \
	tests/faults/reach.h
