# SPDX-License-Identifier: MIT
# Kernel code by the kernel's includes.

test_scripts += tests/compat/compat.sh

EXTRA_DIST += tests/compat/kernel.c
