#!/bin/sh
# SPDX-License-Identifier: MIT
tool=helgrind
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/annotate/valgrind_tool.sh"
