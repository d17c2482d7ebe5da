#!/bin/sh
# SPDX-License-Identifier: MIT
# The scenarios, each as far as a few seconds in all allow; "make check-explore" goes on.
EXPLORE_MAX=${EXPLORE_MAX-30000}
export EXPLORE_MAX
exec "${top_builddir:-.}/tests/explore/explore"
