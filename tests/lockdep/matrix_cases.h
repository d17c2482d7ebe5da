/* SPDX-License-Identifier: MIT */
/* What the steps of matrix.def cannot say. */
#ifndef TESTS_LOCKDEP_MATRIX_CASES_H
#define TESTS_LOCKDEP_MATRIX_CASES_H

#include <klock.h>

/* For lock_set_cmp_fn(): in an array, the first one first. */
int by_address(const struct lockdep_map *a, const struct lockdep_map *b);

#define SCENARIO(name, steps, verdicts)
#define UNLIKE_THE_KERNEL(name, steps, verdicts, kernel)
#define IN_EACH_ORDER(name, e1, e2, e3, verdicts)
#define CASE(name, verdict) void name(void);
#include "matrix.def"
#undef SCENARIO
#undef UNLIKE_THE_KERNEL
#undef IN_EACH_ORDER
#undef CASE

#endif
