#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: left-out.sh TOOL PROGRAM...
# Prints the programs but for those that the table left-out has for the tool.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
tool=$1
shift
for program; do
	grep -q "^$tool | $program | " "$top_srcdir/tests/support/left-out" || echo "$program"
done
