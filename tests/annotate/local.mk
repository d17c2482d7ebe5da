# SPDX-License-Identifier: MIT
# Positive and negative controls of Helgrind, DRD and TSan.

# To add a control program tests/annotate/NAME.c, built by "make check": a line here.
#annotate_programs += tests/annotate/NAME

# To add a script that judges them, run by "make check-valgrind": a line here.
#annotate_scripts += tests/annotate/NAME.sh
